using Cloudlet.Machine.Processes;

namespace Cloudlet.Machine.Packages;

/// <summary>Reads the answers of apt's programs that are made for programs to read, and the words that are made for people.</summary>
internal static class AptPolicy
{
    private const int WordsKept = 6;
    private const int VersionColumn = 5;

    /// <summary>True when the answer of <c>apt-cache policy</c> shows a candidate, or the wanted version in its table.</summary>
    public static bool Offers(string policy, string? version)
    {
        foreach (var raw in policy.AsSpan().EnumerateLines())
        {
            if (version is null)
            {
                var line = raw.Trim();
                if (line.StartsWith("Candidate: ", StringComparison.Ordinal))
                    return !line.EndsWith("(none)", StringComparison.Ordinal);
                continue;
            }
            // " *** 1.2-3 500" or "     1.2-3 500": version and priority behind five columns; the lines of its sources stand further right.
            if (raw.Length <= VersionColumn || raw[VersionColumn] == ' ')
                continue;
            var text = raw[VersionColumn..];
            if (text.StartsWith(version, StringComparison.Ordinal) && text.Length > version.Length && text[version.Length] == ' ')
                return true;
        }
        return false;
    }

    /// <summary>Names that a simulation (<c>apt-get -s</c>) would remove: its lines <c>Remv NAME [VERSION]</c>.</summary>
    public static List<string> Removals(string simulation)
    {
        var names = new List<string>();
        foreach (var line in simulation.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith("Remv ", StringComparison.Ordinal))
                continue;
            var name = line["Remv ".Length..];
            var end = name.IndexOf(' ');
            names.Add((end < 0 ? name : name[..end]).ToString());
        }
        return names;
    }

    /// <summary>The lines in which apt and dpkg name the trouble (E: and dpkg:), else the last ones, on one line.</summary>
    public static string LastWords(ProcessResult result)
    {
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var telling = Array.FindAll(lines, static line => line.StartsWith("E: ", StringComparison.Ordinal) || line.StartsWith("dpkg: ", StringComparison.Ordinal));
        var chosen = telling.Length > 0 ? telling : lines;
        return chosen.Length == 0 ? "it gave no reason" : string.Join(" | ", chosen.TakeLast(WordsKept)).TrimEnd('.');
    }
}
