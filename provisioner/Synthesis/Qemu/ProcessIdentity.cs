using System.Diagnostics;
using System.Globalization;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>Identifies a process without reuse: its number alone is reused after it has ended.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTime">When it started, in clock ticks since this machine booted (/proc/PID/stat).</param>
/// <param name="Boot">Id of that boot.</param>
public sealed record ProcessIdentity(int Pid, long StartTime, string Boot)
{
    private const int Kill9 = 9;

    /// <summary>Indexes of fields of /proc/PID/stat (proc(5)), counted from the state, the third field.</summary>
    private const int UserTimeField = 11,
        SystemTimeField = 12,
        StartField = 19;

    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux

    /// <summary>True while it runs or is stopped; false for a zombie.</summary>
    public bool IsAlive => Boot == ThisBoot && Stat(Pid) is { } stat && stat[0] is not ("Z" or "X") && Start(stat) == StartTime;

    /// <summary>Processor time of all its threads; null when it has ended.</summary>
    public TimeSpan? ProcessorTime =>
        IsAlive && Stat(Pid) is { } stat
            ? TimeSpan.FromSeconds(
                (
                    long.Parse(stat[UserTimeField], CultureInfo.InvariantCulture)
                    + long.Parse(stat[SystemTimeField], CultureInfo.InvariantCulture)
                ) / TicksPerSecond
            )
            : null;

    private static string ThisBoot { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>The process with this number now, or null.</summary>
    public static ProcessIdentity? Of(int pid) => Stat(pid) is { } stat ? new ProcessIdentity(pid, Start(stat), ThisBoot) : null;

    /// <summary>Kills it (SIGKILL) if it still runs.</summary>
    public void Kill() => Syscalls.Signal(Pid, Kill9, () => IsAlive);

    /// <summary>Waits until it ends; false when it takes longer.</summary>
    public async Task<bool> EndsWithinAsync(TimeSpan limit, CancellationToken ct)
    {
        for (var watch = Stopwatch.StartNew(); IsAlive; )
        {
            if (watch.Elapsed > limit)
                return false;
            await Task.Delay(10, ct);
        }

        return true;
    }

    private static long Start(string[] stat) => long.Parse(stat[StartField], CultureInfo.InvariantCulture);

    /// <summary>
    /// The fields of /proc/PID/stat from the third on; the name before it may have spaces and parentheses. Null when there is no such
    /// process.
    /// </summary>
    private static string[]? Stat(int pid)
    {
        try
        {
            var text = pid > 0 ? File.ReadAllText($"/proc/{pid}/stat") : "";
            var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > StartField ? fields : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
