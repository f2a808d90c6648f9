using Cloudlet.Synthesis.Images;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Bases;

/// <summary>Makes a disk-only base from an image. The image is not trusted.</summary>
public sealed class BaseImporter(RuntimeStore store)
{
    private const string Copy = "image";

    /// <summary>
    /// Imports an image. Its format is detected by content. InvalidInput, with every problem, when it is damaged, encrypted, needs another
    /// file or is too large. NoSpace when the store is full.
    /// </summary>
    /// <param name="image">A file: qcow2, raw, vmdk, vdi or vhdx.</param>
    /// <param name="format">The required format, or null for any. <c>raw</c> accepts any bytes as a disk.</param>
    /// <param name="name">The base's name, or null.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it; nothing is left then.</param>
    public Task<BaseVm> ImportAsync(string image, string? format, string? name, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"import {image}", () => MakeAsync(image, format, name, progress, ct));

    private async Task<BaseVm> MakeAsync(string image, string? format, string? name, IProgress<string> progress, CancellationToken ct)
    {
        using var claim = new BaseCatalog(store).Claim(name);
        using var staged = store.Stage();
        await ReadDiskAsync(image, format, staged, progress, ct);
        return BasePublisher.Publish(store, staged, definition: null, name, progress, ct);
    }

    /// <summary>Writes the disk of an image into a staged folder.</summary>
    internal static async Task ReadDiskAsync(
        string image,
        string? asked,
        StagedFolder staged,
        IProgress<string> progress,
        CancellationToken ct
    )
    {
        InputFile.RequireImage(image, "image");
        QemuUser.Current.LetPass(staged.Path);

        // A copy: QEMU's user may not be able to read the image, and a copy can't change between the check and the conversion.
        progress.Report($"reading {image}");
        CopySparse(image, staged[Copy], ct);
        QemuUser.Current.LetWrite(staged[Copy]);
        var (format, facts) = ImageSniffer.Look(staged[Copy], image, asked);
        var info = await QemuImg.InfoAsync(staged.Path, Copy, format, ct);
        List<string> problems =
            info.VirtualSize == facts.DiskLength
                ? [.. info.Problems]
                : [.. info.Problems, $"its header says that its disk has {facts.DiskLength} bytes, qemu-img says {info.VirtualSize}"];
        if (problems.Count > 0)
            throw ImageSniffer.Refuse(image, problems);
        if (format == "raw")
        {
            File.Move(staged[Copy], staged[BaseVm.DiskFile]);
        }
        else
        {
            Room.Require(staged.Path, facts.DataLength, $"the disk in {image}");
            progress.Report($"converting {format} to raw ({info.VirtualSize >> 20} MiB)");
            QemuUser.Current.Create(staged[BaseVm.DiskFile]);
            await QemuImg.ConvertAsync(staged.Path, Copy, format, BaseVm.DiskFile, ct);
            File.Delete(staged[Copy]);
        }

        BasePublisher.PunchZeros(staged[BaseVm.DiskFile], ct);
        PadToPage(staged[BaseVm.DiskFile]);
    }

    /// <summary>Copies a file and keeps its holes.</summary>
    internal static void CopySparse(string from, string to, CancellationToken ct)
    {
        using var source = new SparseFile(from);
        Room.Require(Path.GetDirectoryName(to)!, source.Data().Sum(d => d.End - d.Start), $"a copy of {from}");
        using var target = SparseFile.Create(to, source.Length);
        var buffer = new byte[4 << 20];
        foreach (var (start, end) in source.Data())
            for (var offset = start; offset < end; offset += buffer.Length)
            {
                ct.ThrowIfCancellationRequested();
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset));
                source.Read(offset, part);
                target.Write(offset, part);
            }
    }

    private static void PadToPage(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var length = RandomAccess.GetLength(file);
        RandomAccess.SetLength(file, (length + PageSize.Bytes - 1) / PageSize.Bytes * PageSize.Bytes);
    }
}
