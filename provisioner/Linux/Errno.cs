using System.Runtime.InteropServices;

namespace Cloudlet.Linux;

/// <summary>The numbers of errno(3), the same on x86-64 and arm64. What one means depends on the call: callers say it.</summary>
internal static class Errno
{
    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int ESRCH = 3;
    internal const int EINTR = 4;
    internal const int ENXIO = 6;
    internal const int EAGAIN = 11;
    internal const int EWOULDBLOCK = EAGAIN;
    internal const int EACCES = 13;
    internal const int EBUSY = 16;
    internal const int EEXIST = 17;
    internal const int ENODEV = 19;
    internal const int ENOTDIR = 20;
    internal const int EISDIR = 21;
    internal const int EINVAL = 22;
    internal const int ETXTBSY = 26;
    internal const int ENOSPC = 28;
    internal const int EROFS = 30;
    internal const int ERANGE = 34;
    internal const int ENAMETOOLONG = 36;
    internal const int ENOSYS = 38;
    internal const int ENOTEMPTY = 39;
    internal const int ELOOP = 40;
    internal const int ENODATA = 61;
    internal const int EOPNOTSUPP = 95;
    internal const int EAFNOSUPPORT = 97;
    internal const int EADDRINUSE = 98;
    internal const int EADDRNOTAVAIL = 99;
    internal const int ENETDOWN = 100;
    internal const int ENETUNREACH = 101;
    internal const int ENOBUFS = 105;
    internal const int EHOSTUNREACH = 113;
    internal const int EDQUOT = 122;

    /// <summary>The errno of this thread's last call that failed.</summary>
    internal static int Last => Marshal.GetLastPInvokeError();

    /// <summary>True when a call was interrupted by a signal (EINTR) before it did anything: it has to be made again.</summary>
    internal static bool IsInterrupted(nint result) => result < 0 && Last == EINTR;
}
