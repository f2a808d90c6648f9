using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Watch;

/// <summary>The system calls of this folder, through libc. Each returns -1 (or an invalid handle) on failure and leaves errno.</summary>
/// <remarks>
/// syscall is variadic in C; on Linux its arguments are passed in the same registers as fixed ones.
/// </remarks>
internal static unsafe partial class Libc
{
    internal const short POLLIN = 0x1;
    internal const short POLLPRI = 0x2;
    internal const int EFD_NONBLOCK = 0x800;
    internal const int EFD_CLOEXEC = 0x80000;
    internal const nint SYS_pidfd_open = 434;

    private const string Library = "libc";

    internal static int LastErrno => Marshal.GetLastPInvokeError();

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial SafeFileHandle EventFd(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(SafeFileHandle file, Span<byte> buffer, nint length);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(SafeFileHandle file, in ulong value, nint length);

    [LibraryImport(Library, EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ReadLink(string path, Span<byte> target, nint length);

    [LibraryImport(Library, EntryPoint = "inotify_init1", SetLastError = true)]
    internal static partial SafeFileHandle InotifyInit(int flags);

    [LibraryImport(Library, EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int InotifyAdd(SafeFileHandle inotify, string path, uint mask);

    [LibraryImport(Library, EntryPoint = "inotify_rm_watch", SetLastError = true)]
    internal static partial int InotifyRemove(SafeFileHandle inotify, int watch);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint PidfdOpen(nint number, nint processId, nint flags);
}

/// <summary>struct pollfd of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry(int descriptor, short events = Libc.POLLIN)
{
    internal int Descriptor = descriptor;
    internal short Events = events;
    internal short Returned;

    /// <summary>True when data, an error or the end can be read.</summary>
    internal readonly bool IsReady => Returned != 0;
}
