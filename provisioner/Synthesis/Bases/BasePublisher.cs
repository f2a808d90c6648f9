using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Refusals;
using Cloudlet.Synthesis.Store;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Synthesis.Bases;

/// <summary>Turns the files in a staged folder into a base: digests, manifest, permissions, and the id derived from them.</summary>
internal static class BasePublisher
{
    private const UnixFileMode ReadOnly = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>
    /// Publishes disk, memory and device state (a disk alone without a definition). An existing base with the same content is returned
    /// unchanged.
    /// </summary>
    /// <param name="store">The store to publish to.</param>
    /// <param name="staged">The folder with the files.</param>
    /// <param name="definition">The machine, or null.</param>
    /// <param name="name">Its name, or null.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it.</param>
    /// <param name="expectedId">The required id; InvalidInput when the content yields another one. Null: any.</param>
    public static BaseVm Publish(
        RuntimeStore store,
        StagedFolder staged,
        VmDefinition? definition,
        string? name,
        IProgress<string> progress,
        CancellationToken ct,
        string? expectedId = null
    )
    {
        progress.Report("computing digests");
        var manifest = new BaseManifest
        {
            Format = BaseManifest.CurrentFormat,
            Definition = definition,
            Disk = Part(staged[BaseVm.DiskFile], ct),
            Memory = definition is null ? null : Part(staged[BaseVm.MemoryFile], ct),
            Devices = definition is null
                ? null
                : new BasePart(new FileInfo(staged[BaseVm.DevicesFile]).Length, Sha256(staged[BaseVm.DevicesFile])),
        };
        if (expectedId is not null && manifest.Id() != expectedId)
            throw new OverlayRefusedException(
                ErrorKind.InvalidInput,
                OverlayRefusal.Of(
                    OverlayRefusalCode.BaseIdMismatch,
                    "the content does not yield the id of the base, so it was not imported",
                    expectedId,
                    manifest.Id(),
                    "the file is damaged, fetch it again"
                )
            );
        progress.Report("indexing pages");
        using (var disk = new SparseFile(staged[BaseVm.DiskFile]))
        using (var memory = definition is null ? null : new SparseFile(staged[BaseVm.MemoryFile]))
            PageIndex.Build(staged[BaseVm.IndexFile], disk, memory, null, ct);
        File.WriteAllBytes(staged[BaseVm.ManifestFile], manifest.ToBytes());
        if (name is not null)
            File.WriteAllText(staged[BaseVm.NameFile], $"{name}\n");
        BaseProjects.Begin(staged.Path, store.Project);
        foreach (var file in (string[])[BaseVm.DiskFile, BaseVm.DevicesFile, BaseVm.ManifestFile])
            if (File.Exists(staged[file]))
                Close(staged[file]);
        if (definition is not null)
            QemuUser.Current.LetWrite(staged[BaseVm.MemoryFile]);
        BaseSeal.Record(staged.Path);
        QemuUser.Current.LetPass(staged.Path);
        var folder = Path.Combine(store.BasesFolder, manifest.Id());
        if (!staged.Publish(folder))
            BaseProjects.Add(folder, store.Project);
        return BaseCatalog.Read(folder)
            ?? throw new CloudletException(
                ErrorKind.Unexpected,
                $"published a base as {folder}, but that folder holds no base: remove it and try again"
            );
    }

    /// <summary>Punches holes where the file is zero. Returns the number of bytes left.</summary>
    public static long PunchZeros(string path, CancellationToken ct)
    {
        using var file = new SparseFile(path);
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var buffer = new byte[ContentDigest.Segment];
        var left = 0L;
        foreach (var (start, end) in file.Data())
            for (var offset = start; offset < end; offset += buffer.Length)
            {
                ct.ThrowIfCancellationRequested();
                var plain = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset));
                file.Read(offset, plain);
                left += plain.Length - PunchZeros(handle, offset, plain);
            }

        return left;
    }

    private static long PunchZeros(SafeFileHandle file, long offset, ReadOnlySpan<byte> plain)
    {
        var punched = 0L;
        for (var at = 0; at < plain.Length; )
        {
            var end = at;
            while (end < plain.Length && !plain.Slice(end, Math.Min(PageSize.Bytes, plain.Length - end)).ContainsAnyExcept((byte)0))
                end = Math.Min(plain.Length, end + PageSize.Bytes);
            if (end > at && Syscalls.Punch(file, offset + at, end - at))
                punched += end - at;
            at = Math.Max(end, at + PageSize.Bytes);
        }

        return punched;
    }

    private static BasePart Part(string path, CancellationToken ct) => new(new FileInfo(path).Length, ContentDigest.Of(path, null, ct));

    /// <summary>SHA-256 of a file, 64 hexadecimal digits.</summary>
    public static string Sha256(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static void Close(string path)
    {
        if (QemuUser.Current.IsOwn)
            Syscalls.Own(path, Syscalls.Self().User, Syscalls.Self().Group);
        File.SetUnixFileMode(path, QemuUser.Current.IsOwn ? ReadOnly : UnixFileMode.UserRead);
    }
}
