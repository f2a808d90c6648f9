using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Cloudlet.Linux;

/// <summary>Identifies a process uniquely: its number alone is reused after it has ended.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot (<see cref="ProcessStat"/>).</param>
/// <remarks>
/// Records of lab hosts store it with the two parameters and nothing else: other properties are not part of its JSON.
/// </remarks>
public sealed record ProcessIdentity(int Pid, long StartTicks)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private static string? s_thisBoot;

    /// <summary>Id of the boot of this machine; read when it is asked for: identities of one boot do without it.</summary>
    public static string ThisBoot => s_thisBoot ??= File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Id of the boot in which it was started, for an identity that is kept longer; null: this one.</summary>
    [JsonIgnore]
    public string? Boot { get; init; }

    /// <summary>True while exactly this process runs or is stopped; false for a zombie.</summary>
    [JsonIgnore]
    public bool IsAlive => Stat is not null;

    /// <summary>Processor time of all its threads; null when it has ended.</summary>
    [JsonIgnore]
    public TimeSpan? ProcessorTime => Stat?.ProcessorTime;

    /// <summary>The start time.</summary>
    [JsonIgnore]
    public DateTimeOffset Started => BootTime() + TimeSpan.FromSeconds(StartTicks / (double)ProcessStat.TicksPerSecond);

    private ProcessStat? Stat =>
        (Boot is null || Boot == ThisBoot) && ProcessStat.Read(Pid) is { HasEnded: false } stat && stat.StartTicks == StartTicks
            ? stat
            : null;

    /// <summary>The process that has this number now, without its boot; null when there is none, or a zombie.</summary>
    public static ProcessIdentity? Find(int pid) =>
        ProcessStat.Read(pid) is { HasEnded: false } stat ? new ProcessIdentity(pid, stat.StartTicks) : null;

    /// <summary>The process that has this number now, with its boot; null when there is none. A zombie counts.</summary>
    public static ProcessIdentity? Of(int pid) =>
        ProcessStat.Read(pid) is { } stat ? new ProcessIdentity(pid, stat.StartTicks) { Boot = ThisBoot } : null;

    /// <summary>Kills it (SIGKILL) if it still runs, and no other process that has its number.</summary>
    public void Kill() => ProcessCalls.SignalIf(Pid, ProcessCalls.SIGKILL, () => IsAlive);

    /// <summary>Waits until it ends; false when it takes longer.</summary>
    public async Task<bool> EndsWithinAsync(TimeSpan limit, CancellationToken ct)
    {
        for (var watch = Stopwatch.StartNew(); IsAlive; )
        {
            if (watch.Elapsed > limit)
                return false;
            await Task.Delay(Pause, ct);
        }

        return true;
    }

    private static DateTimeOffset BootTime()
    {
        foreach (var line in File.ReadLines("/proc/stat"))
            if (line.StartsWith("btime ", StringComparison.Ordinal))
                return DateTimeOffset.FromUnixTimeSeconds(long.Parse(line.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture));
        return DateTimeOffset.UnixEpoch;
    }
}
