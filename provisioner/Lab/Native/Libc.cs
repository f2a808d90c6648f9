using System.Runtime.InteropServices;
using Cloudlet.Errors;

namespace Cloudlet.Lab.Native;

/// <summary>System calls that .NET does not offer: mount(2), umount2(2), kill(2).</summary>
internal static partial class Libc
{
    public const int MntDetach = 2;
    public const int SigKill = 9;

    private const int Eperm = 1;
    private const int Esrch = 3;
    private const int Ebusy = 16;
    private const int Einval = 22;

    /// <summary>mount(2); <paramref name="what"/> completes the message "can't …" of the error.</summary>
    public static void Mount(string source, string target, string type, ulong flags, string? options, string what)
    {
        if (mount(source, target, type, flags, options) != 0)
            throw Error(what, Marshal.GetLastPInvokeError());
    }

    /// <summary>umount2(2); a path that is not a mount point is not an error.</summary>
    public static void Unmount(string target, int flags)
    {
        if (umount2(target, flags) == 0)
            return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno != Einval)
            throw Error($"unmount {target}", errno);
    }

    /// <summary>kill(2); a process that has ended is not an error.</summary>
    public static void Kill(int pid, int signal)
    {
        if (kill(pid, signal) == 0)
            return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno != Esrch)
            throw Error($"send signal {signal} to process {pid}", errno);
    }

    private static CloudletException Error(string what, int errno)
    {
        var kind = errno switch
        {
            Eperm => ErrorKind.PermissionDenied,
            Ebusy => ErrorKind.Busy,
            Einval => ErrorKind.Unsupported,
            _ => ErrorKind.Unexpected,
        };
        var hint = errno == Eperm ? " (the lab needs root and, in a container, CAP_SYS_ADMIN)" : "";
        return new CloudletException(kind, $"can't {what}: {Marshal.GetPInvokeErrorMessage(errno)}{hint}.");
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
