using System.Runtime.InteropServices;
using Cloudlet.Errors;
using static Cloudlet.Linux.Errno;

namespace Cloudlet.Machine.Netlink;

/// <summary>What the errno(3) values of rtnetlink and related calls mean to a caller.</summary>
internal static class KernelErrors
{
    /// <summary>The kind of error that an errno means, unless the operation gives it another meaning.</summary>
    internal static ErrorKind KindOf(int errno) =>
        errno switch
        {
            EPERM or EACCES => ErrorKind.PermissionDenied,
            ENOENT or ENODEV or ENXIO or ESRCH => ErrorKind.NotFound,
            EEXIST or EADDRINUSE => ErrorKind.AlreadyExists,
            EBUSY => ErrorKind.Busy,
            EINTR => ErrorKind.Interrupted,
            EAGAIN => ErrorKind.Timeout,
            ENOBUFS => ErrorKind.Overrun,
            EOPNOTSUPP or EAFNOSUPPORT => ErrorKind.Unsupported,
            EINVAL or ERANGE or ELOOP or EADDRNOTAVAIL or ENETDOWN or ENETUNREACH or EHOSTUNREACH => ErrorKind.InvalidInput,
            _ => ErrorKind.Unexpected,
        };

    /// <summary>Text and symbol of an errno: <c>Operation not supported (EOPNOTSUPP)</c>.</summary>
    internal static string Describe(int errno) => $"{Marshal.GetPInvokeErrorMessage(errno)} ({Symbol(errno)})";

    /// <summary>An error with the operation and the kernel's answer.</summary>
    /// <param name="what">The operation and its object: <c>create link "br0" (bridge)</c>.</param>
    /// <param name="errno">The kernel's answer.</param>
    /// <param name="text">The extended acknowledgement's text, or null.</param>
    /// <param name="kind">The kind of error, if it differs from <see cref="KindOf"/>.</param>
    /// <param name="advice">What to do, or null.</param>
    internal static CloudletException Failure(string what, int errno, string? text = null, ErrorKind? kind = null, string? advice = null)
    {
        var trouble = kind ?? KindOf(errno);
        advice ??= trouble == ErrorKind.PermissionDenied ? "Run as root, or with CAP_NET_ADMIN in this network namespace." : null;
        var message = $"{what}: {Describe(errno)}";
        if (text is not null)
            message += $": {text.TrimEnd('.')}";
        return new CloudletException(trouble, advice is null ? message : $"{message}. {advice}");
    }

    private static string Symbol(int errno) =>
        errno switch
        {
            EPERM => nameof(EPERM),
            ENOENT => nameof(ENOENT),
            ESRCH => nameof(ESRCH),
            EINTR => nameof(EINTR),
            ENXIO => nameof(ENXIO),
            EAGAIN => nameof(EAGAIN),
            EACCES => nameof(EACCES),
            EBUSY => nameof(EBUSY),
            EEXIST => nameof(EEXIST),
            ENODEV => nameof(ENODEV),
            EINVAL => nameof(EINVAL),
            ERANGE => nameof(ERANGE),
            ELOOP => nameof(ELOOP),
            EOPNOTSUPP => nameof(EOPNOTSUPP),
            EAFNOSUPPORT => nameof(EAFNOSUPPORT),
            EADDRINUSE => nameof(EADDRINUSE),
            EADDRNOTAVAIL => nameof(EADDRNOTAVAIL),
            ENETDOWN => nameof(ENETDOWN),
            ENETUNREACH => nameof(ENETUNREACH),
            ENOBUFS => nameof(ENOBUFS),
            EHOSTUNREACH => nameof(EHOSTUNREACH),
            _ => $"errno {errno}",
        };
}
