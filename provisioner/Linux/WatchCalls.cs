using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Linux;

/// <summary>The calls to wait for events. Each returns -1, or an invalid handle, on failure and leaves errno.</summary>
internal static unsafe partial class WatchCalls
{
    internal const short POLLIN = 0x1;
    internal const short POLLPRI = 0x2;
    internal const int EFD_NONBLOCK = 0x800;
    internal const int EFD_CLOEXEC = 0x80000;

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial SafeFileHandle EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    internal static partial SafeFileHandle InotifyInit(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int InotifyAdd(SafeFileHandle inotify, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    internal static partial int InotifyRemove(SafeFileHandle inotify, int watch);
}

/// <summary>struct pollfd of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry(int descriptor, short events = WatchCalls.POLLIN)
{
    internal int Descriptor = descriptor;
    internal short Events = events;
    internal short Returned;

    /// <summary>True when data, an error or the end can be read.</summary>
    internal readonly bool IsReady => Returned != 0;
}
