using Cloudlet.Errors;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Bases;

/// <summary>Makes a base that is a disk alone out of an image from anywhere.</summary>
public sealed class BaseImporter(RuntimeStore store)
{
    /// <summary>Largest disk, bytes.</summary>
    public const long MostDisk = 16L << 40;

    private const string Copy = "image";

    /// <summary>
    /// Imports an image. Its format is found by its content; InvalidInput, with everything that is wrong, for one that is damaged, encrypted, needs another file or is too large. NoSpace when the store is full.
    /// </summary>
    /// <param name="image">A file: qcow2, raw, vmdk, vdi or vhdx.</param>
    /// <param name="name">What people call the base, or null.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it; nothing is left then.</param>
    public Task<BaseVm> ImportAsync(string image, string? name, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"imported {image}", () => MakeAsync(image, name, progress, ct));

    private async Task<BaseVm> MakeAsync(string image, string? name, IProgress<string> progress, CancellationToken ct)
    {
        new BaseCatalog(store).RequireFree(name);
        using var staged = store.Stage();
        await ReadDiskAsync(image, staged, progress, ct);
        return BasePublisher.Publish(store, staged, definition: null, name, progress, ct);
    }

    /// <summary>Writes the disk of an image into a staged folder.</summary>
    internal static async Task ReadDiskAsync(string image, StagedFolder staged, IProgress<string> progress, CancellationToken ct)
    {
        if (!File.Exists(image))
            throw new CloudletException(ErrorKind.NotFound, $"there is no image {image}");
        VmUser.Current.LetPass(staged.Path);

        // A copy: QEMU's user need not be able to read the image, and what has been checked can't change before it is read.
        progress.Report($"reading {image}");
        CopySparse(image, staged[Copy], ct);
        VmUser.Current.LetWrite(staged[Copy]);
        var format = ImageSniffer.FormatOf(staged[Copy], image);
        var info = await QemuImg.InfoAsync(staged.Path, Copy, format, ct);
        var problems = info.VirtualSize is > 0 and <= MostDisk ? info.Problems : [.. info.Problems, $"its disk of {info.VirtualSize} bytes is not between 1 byte and {MostDisk >> 40} TiB"];
        if (problems.Count > 0)
            throw ImageSniffer.Refuse(image, problems);
        if (format == "raw")
        {
            File.Move(staged[Copy], staged[BaseVm.DiskFile]);
        }
        else
        {
            progress.Report($"converting {format} to raw ({info.VirtualSize >> 20} MiB)");
            VmUser.Current.Create(staged[BaseVm.DiskFile]);
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
