using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Synthesis.Store;

/// <summary>Calls that .NET has no words for.</summary>
internal static partial class Native
{
    private const int ReadOnlyFolder = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC on x86-64 and generic Linux
    private const int PunchHole = 1 | 2; // FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE
    private const int RelativeToHere = -100, NoFollow = 0x100, BasicStats = 0x7ff; // AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS

    // The same numbers on every architecture; glibc has functions for them from 2.36 on.
    private const nint PidfdSendSignal = 424;
    private const nint PidfdOpen = 434;

    /// <summary>A descriptor of a folder; invalid when it can't be opened.</summary>
    public static SafeFileHandle OpenFolder(string path) => Open(path, ReadOnlyFolder);

    /// <summary>Makes a file's content durable.</summary>
    public static void SyncFile(string path)
    {
        using var file = File.OpenHandle(path);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Makes the names in a folder durable, where it can be opened; .NET opens no folders as files.</summary>
    public static void SyncFolder(string path)
    {
        using var folder = OpenFolder(path);
        if (!folder.IsInvalid)
            Sync(folder);
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);

    /// <summary>Which file it is and when it was last changed in any way; links are not followed. NotFound when there is none.</summary>
    public static FileStamp Stamp(string path)
    {
        if (Stat(RelativeToHere, path, NoFollow, BasicStats, out var stat) != 0)
            throw new CloudletException(ErrorKind.NotFound, $"looked at {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        return new FileStamp((long)stat.Inode, (long)stat.Size, stat.ChangeSeconds, stat.ChangeNanoseconds);
    }

    /// <summary>Bytes that a file takes on its disk, holes not counted; 0 when there is none.</summary>
    public static long BytesOnDisk(string path)
    {
        const int unit = 512;
        return Stat(RelativeToHere, path, NoFollow, BasicStats, out var stat) == 0 ? (long)stat.Blocks * unit : 0;
    }

    /// <summary>Number of the group that a file belongs to; null when there is none.</summary>
    public static uint? GroupOf(string path) => Stat(RelativeToHere, path, 0, BasicStats, out var stat) == 0 ? stat.Group : null;

    /// <summary>Gives a file to a user and a group; PermissionDenied and others as the kernel says.</summary>
    public static void Own(string path, uint user, uint group)
    {
        if (ChangeOwner(path, user, group) != 0)
            throw new CloudletException(ErrorKind.PermissionDenied, $"gave {path} to user {user} and group {group}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Makes a range of a file a hole. False where the file system has none.</summary>
    public static bool Punch(SafeFileHandle file, long offset, long length) => Allocate(file, PunchHole, offset, length) == 0;

    /// <summary>Sends a signal to the very process that <paramref name="isStillIt"/> is asked about: its number can't go to another one meanwhile.</summary>
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

    // syscall is variadic in C; on Linux its arguments travel in the same registers as fixed ones.
    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, nint pid, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, SafeFileHandle process, nint signal, nint info, nint flags);

    /// <summary>struct statx of statx(2), as far as it is read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(0x18)]
        public uint Group;

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
    }
}

/// <summary>A file at one moment. Nobody can change its content, not even through a mapping for long, without changing this.</summary>
/// <param name="Inode">Its number.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ChangeSeconds">When content or attributes were last changed (ctime), which no program can set.</param>
/// <param name="ChangeNanoseconds">The rest of it.</param>
internal sealed record FileStamp(long Inode, long Size, long ChangeSeconds, long ChangeNanoseconds);
