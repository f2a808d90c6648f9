using System.Globalization;
using Cloudlet.Linux;

namespace Cloudlet.Resources.State;

/// <summary>Finds the process that holds a lock, in /proc/locks (proc(5)).</summary>
internal static class LockHolder
{
    /// <summary><c>pid 123 (cloudlet apply site.yaml), since 12:03:04</c>, local time; as much of it as is known.</summary>
    public static string Describe(string path, TimeProvider clock)
    {
        if (FindPid(path) is not { } pid)
            return "by a process that cannot be seen from here";
        var process = ProcessIdentity.Find(pid);
        var command = CommandOf(pid) is { Length: > 0 } words ? $" ({words})" : "";
        var since = process is null ? "" : $", since {TimeZoneInfo.ConvertTime(process.Started, clock.LocalTimeZone):HH:mm:ss}";
        return $"pid {pid}{command}{since}";
    }

    /// <summary>
    /// True when the lock will be released soon: the health daemon has it, or an exiting process, whose command line disappears shortly
    /// before its files are closed. Null when the holder cannot be seen.
    /// </summary>
    public static bool? GivesItBack(string path) =>
        FindPid(path) is not { } pid ? null
        : CommandOf(pid) is { Length: > 0 } command ? command.StartsWith("cloudlet healthd", StringComparison.Ordinal)
        : true;

    /// <summary>A line is <c>1: FLOCK  ADVISORY  WRITE 123 00:1a:456 0 EOF</c>: process, device (hex major:minor) and inode.</summary>
    private static int? FindPid(string path)
    {
        if (FileCalls.Stat(path, 0, out var stat) != 0)
            return null;
        var inode = $"{stat.DriveMajor:x2}:{stat.DriveMinor:x2}:{stat.Inode}";
        foreach (var line in File.ReadLines("/proc/locks"))
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, "FLOCK", _, _, var pid, var where, ..] && where == inode)
                return int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
        return null;
    }

    /// <summary>Command line of a process, separated by spaces, the program without its folder; or null.</summary>
    internal static string? CommandOf(int pid)
    {
        if (ProcFile.TryRead($"/proc/{pid}/cmdline")?.TrimEnd('\0') is not { Length: > 0 } line)
            return null;
        var words = line.Split('\0');
        words[0] = Path.GetFileName(words[0]);
        return string.Join(' ', words);
    }
}
