using System.Diagnostics;
using System.Globalization;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>One process for good: its number alone is given to another one when it has ended.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTime">When it started, in clock ticks since this machine booted (/proc/PID/stat).</param>
/// <param name="Boot">Which boot of this machine that was.</param>
public sealed record ProcessIdentity(int Pid, long StartTime, string Boot)
{
    private const int Kill9 = 9;

    /// <summary>Fields of proc(5) counted from the state, which is the third.</summary>
    private const int UserTimeField = 11, SystemTimeField = 12, StartField = 19;

    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux

    /// <summary>True while it runs, or is stopped; not when all that is left is a status that nobody asked for.</summary>
    public bool IsAlive => Boot == ThisBoot && Stat(Pid) is { } stat && stat[0] is not ("Z" or "X") && Start(stat) == StartTime;

    /// <summary>Processor time it has used, of all its threads; null when it has ended.</summary>
    public TimeSpan? ProcessorTime => IsAlive && Stat(Pid) is { } stat
        ? TimeSpan.FromSeconds((long.Parse(stat[UserTimeField], CultureInfo.InvariantCulture) + long.Parse(stat[SystemTimeField], CultureInfo.InvariantCulture)) / TicksPerSecond)
        : null;

    private static string ThisBoot { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>The process that has this number now, or null.</summary>
    public static ProcessIdentity? Of(int pid) => Stat(pid) is { } stat ? new ProcessIdentity(pid, Start(stat), ThisBoot) : null;

    /// <summary>Ends it at once (SIGKILL) if it still runs.</summary>
    public void Kill() => Native.Signal(Pid, Kill9, () => IsAlive);

    /// <summary>Waits for its end; false when it takes longer.</summary>
    public async Task<bool> EndsWithinAsync(TimeSpan limit, CancellationToken ct)
    {
        for (var watch = Stopwatch.StartNew(); IsAlive;)
        {
            if (watch.Elapsed > limit)
                return false;
            await Task.Delay(10, ct);
        }

        return true;
    }

    private static long Start(string[] stat) => long.Parse(stat[StartField], CultureInfo.InvariantCulture);

    /// <summary>/proc/PID/stat from its third field on; the name before it may hold spaces and parentheses. Null when there is no such process.</summary>
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
