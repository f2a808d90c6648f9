using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Lab.Native;

/// <summary>mount(2), umount2(2) and kill(2) with the errors of a lab.</summary>
internal static class LabCalls
{
    /// <summary>mount(2); <paramref name="what"/> completes the message "can't …" of the error.</summary>
    public static void Mount(string source, string target, string type, nuint flags, string? options, string what)
    {
        if (NamespaceCalls.Mount(source, target, type, flags, options) != 0)
            throw Error(what, Errno.Last);
    }

    /// <summary>umount2(2); a path that is not a mount point is not an error.</summary>
    public static void Unmount(string target, int flags)
    {
        if (NamespaceCalls.Unmount(target, flags) == 0)
            return;
        var errno = Errno.Last;
        if (errno != Errno.EINVAL)
            throw Error($"unmount {target}", errno);
    }

    /// <summary>kill(2); a process that has ended is not an error.</summary>
    public static void Kill(int pid, int signal)
    {
        if (ProcessCalls.Kill(pid, signal) == 0)
            return;
        var errno = Errno.Last;
        if (errno != Errno.ESRCH)
            throw Error($"send signal {signal} to process {pid}", errno);
    }

    private static CloudletException Error(string what, int errno)
    {
        var kind = errno switch
        {
            Errno.EPERM => ErrorKind.PermissionDenied,
            Errno.EBUSY => ErrorKind.Busy,
            Errno.EINVAL => ErrorKind.Unsupported,
            _ => ErrorKind.Unexpected,
        };
        var hint = errno == Errno.EPERM ? " (the lab needs root and, in a container, CAP_SYS_ADMIN)" : "";
        return new CloudletException(kind, $"can't {what}: {Marshal.GetPInvokeErrorMessage(errno)}{hint}.");
    }
}
