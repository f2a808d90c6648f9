using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Synthesis.Store;

/// <summary>System calls that .NET does not offer.</summary>
internal static partial class Syscalls
{
    // O_RDONLY | O_CLOEXEC, the same on x86, Arm and generic Linux, unlike O_DIRECTORY, which is not needed
    private const int ReadOnly = 0x80000;
    private const int AllModes = 0xfff,
        KindShift = 12; // 07777: the bits of chmod(2); S_IFMT is above
    private const int PunchHole = 1 | 2; // FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE
    private const int RelativeToHere = -100,
        NoFollow = 0x100,
        BasicStats = 0x7ff; // AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS

    // The same numbers on every architecture; glibc has functions for them since 2.36.
    private const nint PidfdSendSignal = 424;
    private const nint PidfdOpen = 434;

    /// <summary>Opens a folder, which the caller knows to be one; the handle is invalid when that fails.</summary>
    public static SafeFileHandle OpenFolder(string path) => Open(path, ReadOnly);

    /// <summary>Makes a file's content durable.</summary>
    public static void SyncFile(string path)
    {
        using var file = File.OpenHandle(path);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Makes the entries of a folder durable, if it can be opened.</summary>
    public static void SyncFolder(string path)
    {
        using var folder = OpenFolder(path);
        if (!folder.IsInvalid)
            Sync(folder);
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);

    /// <summary>Identity and change time of a file; links are not followed. NotFound when there is none.</summary>
    public static FileStamp Stamp(string path)
    {
        if (Stat(RelativeToHere, path, NoFollow, BasicStats, out var stat) != 0)
            throw new CloudletException(ErrorKind.NotFound, $"can't stat {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        return new FileStamp((long)stat.Inode, (long)stat.Size, stat.ChangeSeconds, stat.ChangeNanoseconds);
    }

    /// <summary>True when two paths refer to the same file.</summary>
    public static bool IsSame(string one, string other) =>
        Stat(RelativeToHere, one, 0, BasicStats, out var left) == 0
        && Stat(RelativeToHere, other, 0, BasicStats, out var right) == 0
        && (left.Inode, left.DriveMajor, left.DriveMinor) == (right.Inode, right.DriveMajor, right.DriveMinor);

    /// <summary>Bytes that a file takes on disk, without holes; 0 when there is none.</summary>
    public static long BytesOnDisk(string path)
    {
        const int unit = 512;
        return Stat(RelativeToHere, path, NoFollow, BasicStats, out var stat) == 0 ? (long)stat.Blocks * unit : 0;
    }

    /// <summary>Identity, owner and mode of a file; links are followed. Null when there is none.</summary>
    public static FileNode? NodeOf(string path) =>
        Stat(RelativeToHere, path, 0, BasicStats, out var stat) != 0
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
        if (ChangeOwner(path, user, group) != 0)
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"can't change the owner of {path} to {user}:{group}: {Marshal.GetLastPInvokeErrorMessage()}"
            );
    }

    /// <summary>Punches a hole into a file. False where the file system does not support it.</summary>
    public static bool Punch(SafeFileHandle file, long offset, long length) => Allocate(file, PunchHole, offset, length) == 0;

    /// <summary>
    /// Sends a signal to the process that <paramref name="isStillIt"/> checks: a pidfd keeps it from reaching another process that reuses
    /// the number.
    /// </summary>
    public static bool Signal(int pid, int signal, Func<bool> isStillIt)
    {
        if (pid <= 0 || Call(PidfdOpen, pid, 0) is not (>= 0 and var number))
            return false;
        using var process = new SafeFileHandle(number, ownsHandle: true);
        return isStillIt() && Call(PidfdSendSignal, process, signal, 0, 0) == 0;
    }

    /// <summary>Effective user and group of this process.</summary>
    public static (uint User, uint Group) Self() => (EffectiveUser(), EffectiveGroup());

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint EffectiveGroup();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "fallocate64", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int folder, string path, int flags, uint mask, out Statx stat);

    // syscall is variadic in C; on Linux its arguments are passed in the same registers as fixed ones.
    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, nint pid, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, SafeFileHandle process, nint signal, nint info, nint flags);

    /// <summary>struct statx of statx(2), with the members that are read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(0x14)]
        public uint User;

        [FieldOffset(0x18)]
        public uint Group;

        [FieldOffset(0x1c)]
        public ushort Mode;

        [FieldOffset(0x20)]
        public ulong Inode;

        [FieldOffset(0x28)]
        public ulong Size;

        [FieldOffset(0x30)]
        public ulong Blocks;

        [FieldOffset(0x60)]
        public long ChangeSeconds;

        [FieldOffset(0x68)]
        public uint ChangeNanoseconds;

        [FieldOffset(0x80)]
        public uint DeviceMajor;

        [FieldOffset(0x84)]
        public uint DeviceMinor;

        [FieldOffset(0x88)]
        public uint DriveMajor;

        [FieldOffset(0x8c)]
        public uint DriveMinor;
    }
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
