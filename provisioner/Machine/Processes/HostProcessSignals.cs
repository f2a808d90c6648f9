using System.Globalization;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Processes;

/// <summary>
/// Sends signals through a pidfd (<see cref="ProcessCalls.SignalIf"/>): checks are about the process that receives the signal.
/// </summary>
public sealed class HostProcessSignals : IProcessSignals
{
    private const string CaughtSignals = "SigCgt:";

    /// <inheritdoc/>
    public bool SendIfCaught(int pid, int signal, Func<bool> isStillIt) =>
        ProcessCalls.SignalIf(pid, signal, () => isStillIt() && Catches(pid, signal));

    /// <inheritdoc/>
    public bool Continue(int pid, Func<bool> isStillIt) =>
        ProcessCalls.SignalIf(pid, ProcessCalls.SIGCONT, () => isStillIt() && IsStopped(pid));

    /// <inheritdoc/>
    public bool IsIdle(int pid, TimeSpan age) => ProcessStat.Read(pid) is { State: 'S' } stat && Uptime() - stat.SinceBoot >= age;

    /// <inheritdoc/>
    public bool IsStopped(int pid) => ProcessStat.Read(pid) is { State: 'T' };

    /// <summary>Time since boot, on the clock of start times, which is independent of the time of day.</summary>
    private static TimeSpan Uptime() =>
        double.TryParse(
            (ProcFile.TryRead("/proc/uptime") ?? "").Split(' ')[0],
            NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out var seconds
        )
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.Zero;

    /// <summary>SigCgt of proc(5): a mask in hexadecimal digits, bit 0 for signal 1.</summary>
    private static bool Catches(int pid, int signal)
    {
        foreach (var line in (ProcFile.TryRead($"/proc/{pid}/status") ?? "").Split('\n'))
            if (line.StartsWith(CaughtSignals, StringComparison.Ordinal))
                return (
                        ulong.Parse(line.AsSpan(CaughtSignals.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
                        & (1UL << (signal - 1))
                    ) != 0;
        return false;
    }
}
