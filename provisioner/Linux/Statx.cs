using System.Runtime.InteropServices;

namespace Cloudlet.Linux;

/// <summary>struct statx of statx(2), the fields that we read; times are seconds and nanoseconds since 1970.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct Statx
{
    private const int TypeMask = 0xf000, // S_IFMT
        RegularFile = 0x8000; // S_IFREG

    /// <summary>STATX_ATTR_IMMUTABLE and STATX_ATTR_APPEND: chattr +i and +a.</summary>
    internal const ulong Immutable = 0x10,
        AppendOnly = 0x20;

    [FieldOffset(8)]
    internal ulong Attributes;

    [FieldOffset(16)]
    internal uint Links;

    [FieldOffset(20)]
    internal uint User;

    [FieldOffset(24)]
    internal uint Group;

    [FieldOffset(28)]
    internal ushort Mode;

    [FieldOffset(32)]
    internal ulong Inode;

    [FieldOffset(40)]
    internal ulong Size;

    /// <summary>What it takes on disk, in units of 512 bytes.</summary>
    [FieldOffset(48)]
    internal ulong Blocks;

    [FieldOffset(96)]
    internal long ChangeSeconds;

    [FieldOffset(104)]
    internal uint ChangeNanoseconds;

    [FieldOffset(112)]
    internal long ModifySeconds;

    [FieldOffset(120)]
    internal uint ModifyNanoseconds;

    /// <summary>The device that a device file stands for (stx_rdev).</summary>
    [FieldOffset(128)]
    internal uint DeviceMajor;

    [FieldOffset(132)]
    internal uint DeviceMinor;

    /// <summary>The drive that has the file (stx_dev).</summary>
    [FieldOffset(136)]
    internal uint DriveMajor;

    [FieldOffset(140)]
    internal uint DriveMinor;

    /// <summary>True for a regular file.</summary>
    internal readonly bool IsRegular => (Mode & TypeMask) == RegularFile;
}
