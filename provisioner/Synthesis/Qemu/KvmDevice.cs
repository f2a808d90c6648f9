using System.Globalization;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>The device file of KVM.</summary>
/// <param name="Node">Inode, owner and mode of the file.</param>
internal sealed record KvmDevice(FileNode Node)
{
    /// <summary>Path where QEMU opens it.</summary>
    public const string Path = "/dev/kvm";

    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite,
        Members = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>The device of this machine; null when there is none.</summary>
    public static KvmDevice? Find() => Syscalls.NodeOf(Path) is { } node ? new KvmDevice(node) : null;

    /// <summary>
    /// The group that lets an unprivileged user open the device; null when none is needed or none may be given. Group 0 is never given: it
    /// grants far more than this device.
    /// </summary>
    public uint? Group => !Node.Mode.HasFlag(Others) && Node.Mode.HasFlag(Members) && Node.Group != 0 ? Node.Group : null;

    /// <summary>True when an unprivileged user can open it, with <see cref="Group"/> if needed.</summary>
    public bool IsOpen => Node.Mode.HasFlag(Others) || Group is not null;

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Path} (owner {Node.User}, group {Node.Group}, mode {Convert.ToString((int)Node.Mode, 8).PadLeft(4, '0')})"
        );
}
