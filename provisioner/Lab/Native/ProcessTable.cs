using System.Globalization;

namespace Cloudlet.Lab.Native;

/// <summary>Identifies a process, even if its number is reused.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="StartTicks">Start time in clock ticks since boot: field 22 of /proc/PID/stat, proc(5).</param>
internal sealed record ProcessIdentity(int Pid, long StartTicks);

/// <summary>Reads processes from procfs.</summary>
internal static class ProcessTable
{
    /// <summary>The running process with this number, or null when there is none (zombies do not count).</summary>
    public static ProcessIdentity? Find(int pid) => TryRead($"/proc/{pid}/stat") is { } stat ? ParseStat(pid, stat) : null;

    /// <summary>True while this process runs.</summary>
    public static bool IsAlive(ProcessIdentity process) => Find(process.Pid) == process;

    /// <summary>Sends SIGKILL, unless the number now belongs to another process.</summary>
    public static void Kill(ProcessIdentity process)
    {
        if (IsAlive(process))
            Libc.Kill(process.Pid, Libc.SigKill);
    }

    /// <summary>Running children of a process.</summary>
    public static IReadOnlyList<ProcessIdentity> Children(int pid)
    {
        var children = new List<ProcessIdentity>();
        foreach (var number in (TryRead($"/proc/{pid}/task/{pid}/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            if (Find(int.Parse(number, CultureInfo.InvariantCulture)) is { } child)
                children.Add(child);
        return children;
    }

    /// <summary>True for process 1 of a process namespace below ours.</summary>
    public static bool IsNamespaceInit(int pid)
    {
        foreach (var line in (TryRead($"/proc/{pid}/status") ?? "").Split('\n'))
            if (line.StartsWith("NSpid:", StringComparison.Ordinal))
            {
                var numbers = line.Split('\t', StringSplitOptions.RemoveEmptyEntries);
                return numbers.Length > 2 && numbers[^1] == "1";
            }

        return false;
    }

    /// <summary>Processes whose program has the file name <paramref name="program"/> and that have exactly this argument.</summary>
    public static IReadOnlyList<ProcessIdentity> WithArgument(string program, string argument)
    {
        var found = new List<ProcessIdentity>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            var words = (TryRead($"{folder}/cmdline") ?? "").Split('\0');
            if (Path.GetFileName(words[0]) == program && words.Contains(argument) && Find(pid) is { } process)
                found.Add(process);
        }

        return found;
    }

    internal static ProcessIdentity? ParseStat(int pid, string stat)
    {
        // The command in parentheses may itself contain spaces and parentheses: count from the last one.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const int State = 0;
        const int StartTime = 19;
        return fields[State] is "Z" or "X" ? null : new ProcessIdentity(pid, long.Parse(fields[StartTime], CultureInfo.InvariantCulture));
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the process has ended in the meantime
        }
    }
}
