using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Bases;

/// <summary>
/// QEMU opens the base's memory for writing even where it maps it privately, so file permissions can't keep a QEMU that a guest took over from changing it. This does: which file it is and when it was last changed is written down, by
/// root, when the content has been verified. As long as that holds, so does the content; otherwise it is verified again before anything starts.
/// </summary>
internal static class MemorySeal
{
    /// <summary>Writes down how the memory file is now, its content being known to be right.</summary>
    /// <param name="folder">The base's folder.</param>
    public static void Record(string folder)
    {
        var stamp = Native.Stamp(Path.Combine(folder, BaseVm.MemoryFile));
        var fresh = Path.Combine(folder, $"{BaseVm.SealFile}.new");
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(stamp, SealJson.Default.FileStamp));
        File.SetUnixFileMode(fresh, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(fresh, Path.Combine(folder, BaseVm.SealFile), overwrite: true);
    }

    /// <summary>True while the memory file is the one whose content was verified, untouched.</summary>
    public static bool Holds(BaseVm vm)
    {
        try
        {
            var path = Path.Combine(vm.Folder, BaseVm.SealFile);
            return File.Exists(path) && JsonSerializer.Deserialize(File.ReadAllBytes(path), SealJson.Default.FileStamp) == Native.Stamp(vm.MemoryPath);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Returns when the memory's content is the base's. Unexpected when it is another one.</summary>
    public static void Require(BaseVm vm, IProgress<string> progress, CancellationToken ct)
    {
        if (Holds(vm))
            return;
        progress.Report($"the memory of base {vm.ShortId} was touched since it was verified: verifying it again");
        var before = Native.Stamp(vm.MemoryPath);
        var digest = ContentDigest.Of(vm.MemoryPath, null, ct);
        if (before.Size != vm.Manifest.Memory!.Length || digest != vm.Manifest.Memory.Digest)
            throw new CloudletException(
                ErrorKind.Unexpected,
                $"the memory of base {vm.ShortId} is not what it was when it was sealed (digest {digest[..12]}…, {before.Size} bytes; sealed {vm.Manifest.Memory.Digest[..12]}…, {vm.Manifest.Memory.Length} bytes), so nothing was started: "
                + $"a disk error, or a VM that broke out of its emulator. Remove the base (cloudlet base remove {vm.ShortId}) and make or import it again.");
        VmUser.Current.LetWrite(vm.MemoryPath);
        Record(vm.Folder);
        if (Native.Stamp(vm.MemoryPath) is var after && (after.Inode, after.Size) != (before.Inode, before.Size))
            throw new CloudletException(ErrorKind.Busy, $"the memory of base {vm.ShortId} was replaced while it was verified; try again");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FileStamp))]
internal sealed partial class SealJson : JsonSerializerContext;
