using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Refusals;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Bases;

/// <summary>
/// Tells whether the files of a base still match its manifest, without reading them each time. After a file was verified, its inode, size
/// and change time are recorded (the seal). While they are unchanged the content is taken as unchanged; otherwise the file is verified
/// again before it is used. Permissions alone do not protect a base: QEMU opens the memory for writing even where it maps it privately, and
/// root may write to anything. A change below the file system (a failing drive) leaves these times as they are: <c>base verify</c> reads
/// everything.
/// </summary>
internal static class BaseSeal
{
    /// <summary>Resolution of file times on older kernels: two changes within this time may get the same time.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Records the seals of a base whose contents are known to be right.</summary>
    /// <param name="folder">The base's folder.</param>
    public static void Record(string folder)
    {
        foreach (var file in (string[])[BaseVm.DiskFile, BaseVm.MemoryFile, BaseVm.DevicesFile])
            if (File.Exists(Path.Combine(folder, file)))
                Record(folder, file, Settled(Path.Combine(folder, file)));
    }

    /// <summary>True while no file was touched since it was verified.</summary>
    public static bool Holds(BaseVm vm) => Parts(vm).All(part => Holds(vm, part.File));

    /// <summary>Returns when disk, memory and device state match the manifest. Unexpected, with every mismatch, when they do not.</summary>
    /// <param name="vm">The base.</param>
    /// <param name="progress">Reports what has to be read.</param>
    /// <param name="ct">Stops it.</param>
    public static void Require(BaseVm vm, IProgress<string> progress, CancellationToken ct)
    {
        if (ReasonAgainst(vm, progress, ct) is { } reason)
            throw new CloudletException(ErrorKind.Unexpected, reason.Message);
    }

    /// <summary>Null when disk, memory and device state match the manifest; else the reason, with every mismatch.</summary>
    /// <param name="vm">The base.</param>
    /// <param name="progress">Reports what has to be read.</param>
    /// <param name="ct">Stops it.</param>
    public static OverlayRefusal? ReasonAgainst(BaseVm vm, IProgress<string> progress, CancellationToken ct)
    {
        if (Holds(vm))
            return null;
        using var sealLock = LockSeal(vm, ct);
        var mismatches = Parts(vm).Select(part => Verify(vm, part, progress, isFull: false, ct)).OfType<Mismatch>().ToList();
        return mismatches.Count == 0
            ? null
            : new OverlayRefusal(
                OverlayRefusalCode.BaseChanged,
                mismatches[0].Expected,
                mismatches[0].Found,
                $"base {vm.ShortId} has changed since it was sealed, so nothing was done with it:\n  "
                    + $"{string.Join("\n  ", mismatches.Select(m => m.Text))}\n"
                    + "Possible causes: a disk error, a program that wrote to it, or a VM that broke out of its emulator. Remove the base "
                    + $"(cloudlet base remove {vm.ShortId}) and make or import it again."
            );
    }

    /// <summary>
    /// Reads all of a base, whatever its seals say. Empty when it matches its manifest; a part that does not is verified again before its
    /// next use.
    /// </summary>
    /// <param name="vm">The base.</param>
    /// <param name="progress">Reports what is read.</param>
    /// <param name="ct">Stops it.</param>
    public static IReadOnlyList<string> Problems(BaseVm vm, IProgress<string> progress, CancellationToken ct)
    {
        progress.Report($"verifying base {vm.ShortId}");
        using var sealLock = LockSeal(vm, ct);
        return [.. Parts(vm).Select(part => Verify(vm, part, progress, isFull: true, ct)).OfType<Mismatch>().Select(m => m.Text)];
    }

    /// <summary>The parts of a base: file, entry of the manifest, and name for messages.</summary>
    private static IEnumerable<(string File, BasePart Part, string Called)> Parts(BaseVm vm)
    {
        yield return (BaseVm.DiskFile, vm.Manifest.Disk, "disk");
        if (vm.Manifest.Memory is { } memory)
            yield return (BaseVm.MemoryFile, memory, "memory");
        if (vm.Manifest.Devices is { } devices)
            yield return (BaseVm.DevicesFile, devices, "device state");
    }

    /// <summary>What is wrong with a part. Null when it is right; its seal is recorded then.</summary>
    private static Mismatch? Verify(
        BaseVm vm,
        (string File, BasePart Part, string Called) part,
        IProgress<string> progress,
        bool isFull,
        CancellationToken ct
    )
    {
        var path = Path.Combine(vm.Folder, part.File);
        if (!isFull && Holds(vm, part.File))
            return null;
        if (!isFull)
            progress.Report($"the {part.Called} of base {vm.ShortId} was touched since it was verified, or never was: verifying it");
        var problem = Compare(path, part.Part, part.Called, ct, out var stamp);
        if (problem is not null)
            File.Delete(SealOf(vm.Folder, part.File));
        else if (part.File == BaseVm.MemoryFile && !Holds(vm, part.File))
        {
            QemuUser.Current.LetWrite(path);
            var shared = Settled(path);
            if ((shared.Inode, shared.Size) != (stamp!.Inode, stamp.Size))
                return new Mismatch($"its {part.Called} was replaced while it was verified");
            Record(vm.Folder, part.File, shared);
        }
        else
            Record(vm.Folder, part.File, stamp!);
        return problem;
    }

    private static Mismatch? Compare(string path, BasePart part, string called, CancellationToken ct, out FileStamp? stamp)
    {
        stamp = null;
        if (!File.Exists(path))
            return new Mismatch($"its {called} is missing ({path})");
        stamp = Settled(path);
        if (stamp.Size != part.Length)
            return new Mismatch(
                $"its {called} has the wrong length: expected {part.Length} bytes, found {stamp.Size} ({path})",
                $"{called} of {part.Length} bytes",
                $"{stamp.Size} bytes"
            );
        var digest = path.EndsWith(BaseVm.DevicesFile, StringComparison.Ordinal)
            ? BasePublisher.Sha256(path)
            : ContentDigest.Of(path, null, ct);
        if (digest != part.Digest)
            return new Mismatch(
                $"its {called} has the wrong digest: expected {part.Digest[..12]}…, found {digest[..12]}… ({path})",
                $"{called} {part.Digest}",
                digest
            );
        return Syscalls.Stamp(path) == stamp ? null : new Mismatch($"its {called} was changed while it was verified ({path})");
    }

    /// <summary>Returns a file's stamp once any later change is certain to yield a different one.</summary>
    private static FileStamp Settled(string path)
    {
        var stamp = Syscalls.Stamp(path);
        var age = DateTimeOffset.UtcNow - stamp.Changed;
        if (age >= TimeSpan.Zero && age < Tick)
            Thread.Sleep(Tick - age);
        return stamp;
    }

    private static bool Holds(BaseVm vm, string file)
    {
        try
        {
            var seal = SealOf(vm.Folder, file);
            var path = Path.Combine(vm.Folder, file);
            return File.Exists(seal)
                && File.Exists(path)
                && JsonSerializer.Deserialize(File.ReadAllBytes(seal), SealJson.Default.FileStamp) == Syscalls.Stamp(path);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Record(string folder, string file, FileStamp stamp)
    {
        var seal = SealOf(folder, file);
        var fresh = $"{seal}.{Guid.NewGuid():n}{StagedFile.Suffix}";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(stamp, SealJson.Default.FileStamp));
        File.SetUnixFileMode(fresh, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(fresh, seal, overwrite: true);
    }

    /// <summary>One file for each part. The memory's keeps its old name: older bases have only that one.</summary>
    private static string SealOf(string folder, string file) =>
        Path.Combine(folder, file == BaseVm.MemoryFile ? BaseVm.SealFile : $"{Path.GetFileNameWithoutExtension(file)}-{BaseVm.SealFile}");

    /// <summary>A lock, so that one command at a time verifies a base; the others wait, and find it verified.</summary>
    private static FileStream LockSeal(BaseVm vm, CancellationToken ct)
    {
        const int Denied = 11; // EAGAIN: another process holds the lock
        while (true)
        {
            try
            {
                return new FileStream(
                    Path.Combine(vm.Folder, $"{BaseVm.SealFile}.lock"),
                    FileMode.OpenOrCreate,
                    FileAccess.ReadWrite,
                    FileShare.None
                );
            }
            catch (IOException e) when ((e.HResult & 0xffff) == Denied)
            {
                ct.WaitHandle.WaitOne(Pause);
                ct.ThrowIfCancellationRequested();
            }
        }
    }
}

/// <summary>What is wrong with a part of a base.</summary>
/// <param name="Text">For users.</param>
/// <param name="Expected">What the manifest has, or null.</param>
/// <param name="Found">What the file has, or null.</param>
internal sealed record Mismatch(string Text, string? Expected = null, string? Found = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FileStamp))]
internal sealed partial class SealJson : JsonSerializerContext;
