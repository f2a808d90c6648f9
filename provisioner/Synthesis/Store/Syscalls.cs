using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Synthesis.Store;

/// <summary>What the runtime asks of files and of its own process that .NET does not offer.</summary>
internal static class Syscalls
{
    private const int AllModes = 0xfff,
        KindShift = 12; // 07777: the bits of chmod(2); S_IFMT is above

    /// <summary>Opens a folder, which the caller knows to be one; the handle is invalid when that fails.</summary>
    public static SafeFileHandle OpenFolder(string path) => FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_CLOEXEC);

    /// <summary>Identity and change time of a file; links are not followed. NotFound when there is none.</summary>
    public static FileStamp Stamp(string path)
    {
        if (FileCalls.Stat(path, FileCalls.AT_SYMLINK_NOFOLLOW, out var stat) != 0)
            throw new CloudletException(ErrorKind.NotFound, $"can't stat {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        return new FileStamp((long)stat.Inode, (long)stat.Size, stat.ChangeSeconds, stat.ChangeNanoseconds);
    }

    /// <summary>True when two paths refer to the same file.</summary>
    public static bool IsSame(string one, string other) =>
        FileCalls.Stat(one, 0, out var left) == 0
        && FileCalls.Stat(other, 0, out var right) == 0
        && (left.Inode, left.DriveMajor, left.DriveMinor) == (right.Inode, right.DriveMajor, right.DriveMinor);

    /// <summary>Bytes that a file takes on disk, without holes; 0 when there is none.</summary>
    public static long BytesOnDisk(string path)
    {
        const int unit = 512;
        return FileCalls.Stat(path, FileCalls.AT_SYMLINK_NOFOLLOW, out var stat) == 0 ? (long)stat.Blocks * unit : 0;
    }

    /// <summary>Identity, owner and mode of a file; links are followed. Null when there is none.</summary>
    public static FileNode? NodeOf(string path) =>
        FileCalls.Stat(path, 0, out var stat) != 0
            ? null
            : new FileNode(
                (long)stat.Inode,
                stat.ChangeSeconds,
                stat.ChangeNanoseconds,
                stat.User,
                stat.Group,
                (UnixFileMode)(stat.Mode & AllModes),
                (FileKind)(stat.Mode >> KindShift),
                stat.DeviceMajor,
                stat.DeviceMinor
            );

    /// <summary>Changes the owner of a file; PermissionDenied and others as the kernel reports.</summary>
    public static void Own(string path, uint user, uint group)
    {
        if (AttributeCalls.ChangeOwnerAt(FileCalls.Here, path, user, group, FileCalls.AT_SYMLINK_NOFOLLOW) != 0)
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"can't change the owner of {path} to {user}:{group}: {Marshal.GetLastPInvokeErrorMessage()}"
            );
    }

    /// <summary>Punches a hole into a file. False where the file system does not support it.</summary>
    public static bool Punch(SafeFileHandle file, long offset, long length) =>
        FileCalls.Allocate(file, FileCalls.FALLOC_FL_KEEP_SIZE | FileCalls.FALLOC_FL_PUNCH_HOLE, offset, length) == 0;

    /// <summary>Effective user and group of this process.</summary>
    public static (uint User, uint Group) Self() => (ProcessCalls.EffectiveUser(), ProcessCalls.EffectiveGroup());
}

/// <summary>State of a file. No process can change the content without changing this; a mapped write shows with a delay.</summary>
/// <param name="Inode">Inode number.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ChangeSeconds">When content or attributes were last changed (ctime), which no program can set.</param>
/// <param name="ChangeNanoseconds">Nanoseconds of that time.</param>
internal sealed record FileStamp(long Inode, long Size, long ChangeSeconds, long ChangeNanoseconds)
{
    /// <summary>Time of the last change.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public DateTimeOffset Changed => DateTimeOffset.FromUnixTimeSeconds(ChangeSeconds).AddTicks(ChangeNanoseconds / 100);
}

/// <summary>Identity, owner and mode of a file.</summary>
/// <param name="Inode">Inode number.</param>
/// <param name="ChangeSeconds">When content or attributes were last changed.</param>
/// <param name="ChangeNanoseconds">Nanoseconds of that time.</param>
/// <param name="User">Owner.</param>
/// <param name="Group">Group.</param>
/// <param name="Mode">Permissions.</param>
/// <param name="Kind">File type.</param>
/// <param name="DeviceMajor">Major number of a device.</param>
/// <param name="DeviceMinor">Minor number of a device.</param>
internal sealed record FileNode(
    long Inode,
    long ChangeSeconds,
    long ChangeNanoseconds,
    uint User,
    uint Group,
    UnixFileMode Mode,
    FileKind Kind,
    uint DeviceMajor,
    uint DeviceMinor
);

/// <summary>File types, as numbered in inode(7) (S_IFMT, shifted).</summary>
internal enum FileKind
{
    /// <summary>A pipe.</summary>
    Pipe = 1,

    /// <summary>A character device, such as a terminal.</summary>
    CharacterDevice = 2,

    /// <summary>A folder.</summary>
    Folder = 4,

    /// <summary>A block device, such as a disk or partition.</summary>
    BlockDevice = 6,

    /// <summary>A regular file.</summary>
    Regular = 8,

    /// <summary>A symbolic link; only where links are not followed.</summary>
    Link = 10,

    /// <summary>A socket.</summary>
    Socket = 12,
}
