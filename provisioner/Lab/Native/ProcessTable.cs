using System.Globalization;
using Cloudlet.Linux;

namespace Cloudlet.Lab.Native;

/// <summary>Reads processes from procfs.</summary>
internal static class ProcessTable
{
    /// <summary>Sends SIGKILL, unless the number now belongs to another process.</summary>
    public static void Kill(ProcessIdentity process)
    {
        if (process.IsAlive)
            LabCalls.Kill(process.Pid, ProcessCalls.SIGKILL);
    }

    /// <summary>Running children of a process.</summary>
    public static IReadOnlyList<ProcessIdentity> Children(int pid)
    {
        var children = new List<ProcessIdentity>();
        foreach (
            var number in (ProcFile.TryRead($"/proc/{pid}/task/{pid}/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        )
            if (ProcessIdentity.Find(int.Parse(number, CultureInfo.InvariantCulture)) is { } child)
                children.Add(child);
        return children;
    }

    /// <summary>True for process 1 of a process namespace below ours.</summary>
    public static bool IsNamespaceInit(int pid)
    {
        foreach (var line in (ProcFile.TryRead($"/proc/{pid}/status") ?? "").Split('\n'))
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
            var words = (ProcFile.TryRead($"{folder}/cmdline") ?? "").Split('\0');
            if (Path.GetFileName(words[0]) == program && words.Contains(argument) && ProcessIdentity.Find(pid) is { } process)
                found.Add(process);
        }

        return found;
    }
}
