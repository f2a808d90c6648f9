using System.Globalization;
using System.Text;

namespace Cloudlet.Resources.State;

/// <summary>Identifies a process uniquely: a pid alone is reused later.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="StartTicks">Start time in clock ticks (1/100 s) since boot.</param>
internal sealed record ProcessIdentity(int Pid, long StartTicks)
{
    private const int TicksPerSecond = 100; // USER_HZ, the same on every Linux

    /// <summary>The start time.</summary>
    public DateTimeOffset Started => BootTime() + TimeSpan.FromSeconds((double)StartTicks / TicksPerSecond);

    /// <summary>True while exactly this process runs; a zombie does not count.</summary>
    public bool IsAlive => Find(Pid) == this;

    /// <summary>The process that has this pid now, or null.</summary>
    public static ProcessIdentity? Find(int pid)
    {
        // /proc/PID/stat of proc(5): pid (name) state …, field 22 is the start time; the name may hold spaces and parentheses.
        if (ReadText($"/proc/{pid}/stat") is not { } text)
            return null;
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return
            fields.Length > 19
            && fields[0] is not ("Z" or "X")
            && long.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            ? new ProcessIdentity(pid, ticks)
            : null;
    }

    /// <summary>Command line of a process, separated by spaces, the program without its folder; or null.</summary>
    public static string? CommandOf(int pid)
    {
        if (ReadText($"/proc/{pid}/cmdline")?.TrimEnd('\0') is not { Length: > 0 } line)
            return null;
        var words = line.Split('\0');
        words[0] = Path.GetFileName(words[0]);
        return string.Join(' ', words);
    }

    private static DateTimeOffset BootTime()
    {
        foreach (var line in File.ReadLines("/proc/stat"))
            if (line.StartsWith("btime ", StringComparison.Ordinal))
                return DateTimeOffset.FromUnixTimeSeconds(long.Parse(line.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture));
        return DateTimeOffset.UnixEpoch;
    }

    private static string? ReadText(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
