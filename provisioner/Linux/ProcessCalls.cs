using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Linux;

/// <summary>The calls for processes: signals, pidfds, identity, memory. Each returns -1 on failure and leaves errno.</summary>
/// <remarks>
/// syscall is variadic in C; on Linux its arguments are passed in the same registers as fixed ones.
/// </remarks>
internal static partial class ProcessCalls
{
    internal const int SIGKILL = 9;
    internal const int SIGCONT = 18;
    internal const int WNOHANG = 1;
    internal const int MADV_DONTNEED = 4;

    // The same numbers on every architecture; glibc has functions for them since 2.36; Ubuntu 22.04 has 2.35.
    internal const nint SYS_pidfd_open = 434;
    private const nint SYS_pidfd_send_signal = 424;

    /// <summary>
    /// Sends a signal to the process that <paramref name="isStillIt"/> checks, if it allows it. A pidfd (Linux 5.3) always refers to the
    /// same process, while its number may be reused: checks between opening and sending are about the process that receives the signal.
    /// </summary>
    internal static bool SignalIf(int pid, int signal, Func<bool> isStillIt)
    {
        if (pid <= 0)
            return false;
        using var process = OpenPidfd(pid);
        // Signal 0 is not delivered; it shows that the process still exists, and so that /proc/PID was about it.
        return !process.IsInvalid
            && isStillIt()
            && SendToPidfd(SYS_pidfd_send_signal, process, 0, 0, 0) == 0
            && SendToPidfd(SYS_pidfd_send_signal, process, signal, 0, 0) == 0;
    }

    /// <summary>pidfd_open(2); closed on exec by itself.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="systemCall">Its number: another one behaves as a kernel without it.</param>
    internal static SafeFileHandle OpenPidfd(int pid, nint systemCall = SYS_pidfd_open) =>
        new(OpenPidfd(systemCall, pid, 0), ownsHandle: true);

    /// <summary>waitpid(2) without the status; an interrupted wait is continued.</summary>
    internal static int Wait(int pid, int options)
    {
        int result;
        do result = Wait(pid, 0, options);
        while (Errno.IsInterrupted(result));
        return result;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    internal static partial uint EffectiveGroup();

    [LibraryImport("libc", EntryPoint = "madvise")]
    internal static partial int MemoryAdvise(nint start, nint length, int advice);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int Wait(int pid, nint status, int options);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint OpenPidfd(nint number, nint pid, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SendToPidfd(nint number, SafeFileHandle process, nint signal, nint info, nint flags);
}
