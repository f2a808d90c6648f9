using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Linux;

/// <summary>
/// The calls for files that .NET does not offer: everything relative to an open folder, statx(2), locks, holes. Each returns -1, or an
/// invalid handle, on failure and leaves errno. Names and numbers are those of the C library on Linux; x86-64 and arm64 share them,
/// except for <see cref="OpenFlags"/>.
/// </summary>
/// <remarks>
/// openat, fcntl and syscall are variadic in C; on Linux their arguments are passed in the same registers as fixed ones.
/// </remarks>
internal static partial class FileCalls
{
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_REMOVEDIR = 0x200;
    internal const int AT_EMPTY_PATH = 0x1000;

    internal const int O_RDONLY = 0;
    internal const int O_RDWR = 2;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_APPEND = 0x400;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal static readonly int O_DIRECTORY = OpenFlags.Here.Directory;
    internal static readonly int O_NOFOLLOW = OpenFlags.Here.NoFollow;

    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;
    internal const int LOCK_UN = 8;

    internal const int X_OK = 1;

    internal const int F_GETLK = 5;
    internal const short F_WRLCK = 1;
    internal const short F_UNLCK = 2;

    internal const int SEEK_END = 2;
    internal const int SEEK_DATA = 3;
    internal const int SEEK_HOLE = 4;

    internal const int FALLOC_FL_KEEP_SIZE = 1;
    internal const int FALLOC_FL_PUNCH_HOLE = 2;

    internal const ulong RESOLVE_IN_ROOT = 0x10;

    private const uint STATX_BASIC_STATS = 0x7ff;
    private const nint SYS_openat2 = 437; // the same on every architecture; glibc has no function for it

    /// <summary>AT_FDCWD in the place of an open folder: paths are relative to the working folder, or absolute.</summary>
    internal static readonly SafeFileHandle Here = new(-100, ownsHandle: false);

    /// <summary>struct flock of fcntl(2) on a 64-bit system.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RecordLock
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int ProcessId;
    }

    /// <summary>struct open_how of openat2(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        internal ulong Flags;
        internal ulong Mode;
        internal ulong Resolve;
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle OpenAt(SafeFileHandle folder, string path, int flags, uint mode = 0);

    /// <summary>open(2).</summary>
    internal static SafeFileHandle Open(string path, int flags, uint mode = 0) => OpenAt(Here, path, flags, mode);

    /// <summary>openat2(2) with a way to resolve links, such as <see cref="RESOLVE_IN_ROOT"/>.</summary>
    internal static SafeFileHandle OpenResolved(SafeFileHandle folder, string path, int flags, ulong resolve)
    {
        var how = new OpenHow { Flags = (ulong)flags, Resolve = resolve };
        return new SafeFileHandle(OpenAt2(SYS_openat2, folder, path, how, Marshal.SizeOf<OpenHow>()), ownsHandle: true);
    }

    /// <summary>statx(2) of a path below an open folder; of the open file itself with an empty path and AT_EMPTY_PATH.</summary>
    internal static int StatAt(SafeFileHandle folder, string path, int flags, out Statx stat) =>
        StatAt(folder, path, flags, STATX_BASIC_STATS, out stat);

    /// <summary>statx(2) of a path.</summary>
    internal static int Stat(string path, int flags, out Statx stat) => StatAt(Here, path, flags, out stat);

    /// <summary>statx(2) of an open file.</summary>
    internal static int Stat(SafeFileHandle file, out Statx stat) => StatAt(file, "", AT_EMPTY_PATH, out stat);

    /// <summary>read(2); interrupted reads are made again.</summary>
    internal static nint Read(SafeFileHandle file, Span<byte> buffer)
    {
        nint count;
        do count = Read(file, buffer, buffer.Length);
        while (Errno.IsInterrupted(count));
        return count;
    }

    /// <summary>write(2) until everything is written; false on failure.</summary>
    internal static bool WriteAll(SafeFileHandle file, ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            var count = Write(file, content, content.Length);
            if (count >= 0)
                content = content[(int)count..];
            else if (!Errno.IsInterrupted(count))
                return false;
        }

        return true;
    }

    /// <summary>flock(2); an interrupted wait is continued.</summary>
    internal static int Lock(SafeFileHandle file, int operation)
    {
        int result;
        do result = LockOnce(file, operation);
        while (Errno.IsInterrupted(result));
        return result;
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeFolderAt(SafeFileHandle folder, string path, uint mode);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RenameAt(SafeFileHandle fromFolder, string from, SafeFileHandle toFolder, string to);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int UnlinkAt(SafeFileHandle folder, string path, int flags);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SymlinkAt(string target, SafeFileHandle folder, string path);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ReadLinkAt(SafeFileHandle folder, string path, Span<byte> target, nint size);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Control(SafeFileHandle file, int command, ref RecordLock recordLock);

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    internal static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fallocate64", SetLastError = true)]
    internal static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static unsafe partial int IoControl(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenAt2(nint number, SafeFileHandle folder, string path, in OpenHow how, nint size);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatAt(SafeFileHandle folder, string path, int flags, uint mask, out Statx stat);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, Span<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle file, ReadOnlySpan<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int LockOnce(SafeFileHandle file, int operation);
}
