using System.Globalization;

namespace Cloudlet.Linux;

/// <summary>/proc/PID/stat of proc(5), the fields that we read.</summary>
/// <param name="State">Its state: R runs, S sleeps, D waits in the kernel, T is stopped, t is traced, Z is a zombie, X is dead.</param>
/// <param name="UserTicks">Processor time of all its threads in programs, in clock ticks.</param>
/// <param name="SystemTicks">Processor time of all its threads in the kernel.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot.</param>
public readonly record struct ProcessStat(char State, long UserTicks, long SystemTicks, long StartTicks)
{
    /// <summary>Clock ticks of a second: USER_HZ, the same on every Linux.</summary>
    public const int TicksPerSecond = 100;

    // Counted from the state, the third field.
    private const int UserField = 11,
        SystemField = 12,
        StartField = 19;

    /// <summary>True when it has ended: a zombie, or one that is being removed.</summary>
    public bool HasEnded => State is 'Z' or 'X';

    /// <summary>Processor time of all its threads.</summary>
    public TimeSpan ProcessorTime => TimeSpan.FromSeconds((UserTicks + SystemTicks) / (double)TicksPerSecond);

    /// <summary>Time from boot to its start.</summary>
    public TimeSpan SinceBoot => TimeSpan.FromSeconds(StartTicks / (double)TicksPerSecond);

    /// <summary>Reads the file of a process; null when there is no such process.</summary>
    /// <param name="pid">Its number.</param>
    /// <param name="proc">Where proc is mounted.</param>
    public static ProcessStat? Read(int pid, string proc = "/proc") =>
        pid > 0 && ProcFile.TryRead($"{proc}/{pid}/stat") is { } text ? Parse(text) : null;

    /// <summary>Parses the file; null when it is not complete.</summary>
    public static ProcessStat? Parse(string text)
    {
        // The name before the state may have spaces and parentheses: count from the last one.
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return
            fields.Length > StartField
            && long.TryParse(fields[UserField], NumberStyles.None, CultureInfo.InvariantCulture, out var user)
            && long.TryParse(fields[SystemField], NumberStyles.None, CultureInfo.InvariantCulture, out var system)
            && long.TryParse(fields[StartField], NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            ? new ProcessStat(fields[0][0], user, system, start)
            : null;
    }
}

/// <summary>Files of processes in proc(5).</summary>
public static class ProcFile
{
    /// <summary>The text of a file; null when its process has ended, or it can't be read.</summary>
    public static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
