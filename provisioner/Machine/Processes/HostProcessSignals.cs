using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Processes;

/// <summary>
/// Sends signals through a pidfd (Linux 5.3), which always refers to the same process, while its number may be reused. Checks between
/// opening and sending are therefore about the process that receives the signal.
/// </summary>
public sealed partial class HostProcessSignals : IProcessSignals
{
    // The same numbers on every architecture; glibc has functions for them since 2.36; Ubuntu 22.04 has 2.35.
    private const nint SYS_pidfd_send_signal = 424;
    private const nint SYS_pidfd_open = 434;

    private const string CaughtSignals = "SigCgt:";

    private const int SIGCONT = 18;

    /// <summary>Index of the start time, in clock ticks since boot, in the result of <see cref="Stat"/>.</summary>
    private const int StartField = 19;

    private const int TicksPerSecond = 100; // USER_HZ, the same on every Linux

    /// <inheritdoc/>
    public bool SendIfCaught(int pid, int signal, Func<bool> isStillIt) => SendIf(pid, signal, () => isStillIt() && Catches(pid, signal));

    /// <inheritdoc/>
    public bool Continue(int pid, Func<bool> isStillIt) => SendIf(pid, SIGCONT, () => isStillIt() && IsStopped(pid));

    /// <inheritdoc/>
    public bool IsIdle(int pid, TimeSpan age) =>
        Stat(pid) is ["S", ..] and { Length: > StartField } stat
        && long.TryParse(stat[StartField], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
        && Uptime() - TimeSpan.FromSeconds((double)ticks / TicksPerSecond) >= age;

    /// <inheritdoc/>
    public bool IsStopped(int pid) => Stat(pid) is ["T", ..];

    /// <summary>
    /// /proc/PID/stat of proc(5) from its third field on: the state (S sleeps, T is stopped, t is traced) and so on. The name before it may
    /// have spaces and parentheses.
    /// </summary>
    private static string[] Stat(int pid)
    {
        var text = pid > 0 ? Read($"/proc/{pid}/stat") : "";
        return text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Time since boot, on the clock of start times, which is independent of the time of day.</summary>
    private static TimeSpan Uptime() =>
        double.TryParse(Read("/proc/uptime").Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.Zero;

    private static bool SendIf(int pid, int signal, Func<bool> may)
    {
        if (pid <= 0 || Open(SYS_pidfd_open, pid, 0) is not (>= 0 and var number))
            return false;
        using var process = new SafeFileHandle(number, ownsHandle: true);
        // Signal 0 is not delivered; it shows that the process still exists, and so that /proc/PID was about it.
        return may() && Send(SYS_pidfd_send_signal, process, 0, 0, 0) == 0 && Send(SYS_pidfd_send_signal, process, signal, 0, 0) == 0;
    }

    /// <summary>SigCgt of proc(5): a mask in hexadecimal digits, bit 0 for signal 1.</summary>
    private static bool Catches(int pid, int signal)
    {
        foreach (var line in Read($"/proc/{pid}/status").Split('\n'))
            if (line.StartsWith(CaughtSignals, StringComparison.Ordinal))
                return (
                        ulong.Parse(line.AsSpan(CaughtSignals.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
                        & (1UL << (signal - 1))
                    ) != 0;
        return false;
    }

    /// <summary>A file of a process; empty when the process has ended.</summary>
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // syscall is variadic in C; on Linux its arguments are passed in the same registers as fixed ones.
    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Open(nint number, nint pid, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Send(nint number, SafeFileHandle process, nint signal, nint info, nint flags);
}
