using Cloudlet.Machine.Processes;

namespace Cloudlet.Machine.Packages;

/// <summary>Parses the output of apt's programs, both the machine-readable parts and the messages.</summary>
internal static class AptPolicy
{
    private const int WordsKept = 8;
    private const string ErrorProcessing = "dpkg: error processing ";
    private const string ConfigurationFile = "Configuration file '";
    private const int VersionColumn = 5;

    private static readonly string[] Steps = ["Setting up ", "Unpacking ", "Preparing to unpack ", "Removing ", "Processing triggers for "];

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
            // " *** 1.2-3 500" or " 1.2-3 500": version and priority after five columns; the lines of its sources are indented further.
            if (raw.Length <= VersionColumn || raw[VersionColumn] == ' ')
                continue;
            var text = raw[VersionColumn..];
            if (text.StartsWith(version, StringComparison.Ordinal) && text.Length > version.Length && text[version.Length] == ' ')
                return true;
        }
        return false;
    }

    /// <summary>Names that a simulated run (<c>apt-get -s</c>) would remove, from its lines <c>Remv NAME [VERSION]</c>.</summary>
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

    /// <summary>
    /// Packages and archives that dpkg could not process, as it names them: <c>dpkg: error processing package NAME (--configure):</c>.
    /// </summary>
    /// <remarks>
    /// apt runs dpkg on a pseudo-terminal and prints dpkg's output, errors included, to its own standard output.
    /// </remarks>
    public static List<string> Failed(ProcessResult result)
    {
        var names = new List<string>();
        foreach (var line in $"{result.Output}\n{result.Error}".AsSpan().EnumerateLines())
        {
            if (!line.StartsWith(ErrorProcessing, StringComparison.Ordinal))
                continue;
            var rest = line[ErrorProcessing.Length..];
            var name = rest[(rest.IndexOf(' ') + 1)..];
            var end = name.IndexOf(" (", StringComparison.Ordinal);
            var found = (end < 0 ? name : name[..end]).ToString();
            if (!names.Contains(found, StringComparer.Ordinal))
                names.Add(found);
        }

        return names;
    }

    /// <summary>Configuration files that dpkg kept although the package has another version of them.</summary>
    /// <param name="output">Output of dpkg. The wording depends on whether it has a default for the case (--force-confdef) or only our
    /// option (--force-confold).</param>
    public static List<string> KeptFiles(string output)
    {
        var kept = new List<string>();
        var file = "";
        foreach (var line in output.AsSpan().EnumerateLines())
        {
            if (
                line.StartsWith(ConfigurationFile, StringComparison.Ordinal)
                && line[ConfigurationFile.Length..].IndexOf('\'') is var end and > 0
            )
                file = line.Slice(ConfigurationFile.Length, end).ToString();
            else if (
                file.Length > 0
                && (
                    line.Contains("==> Using current old file", StringComparison.Ordinal)
                    || line.Contains("==> Keeping old config file", StringComparison.Ordinal)
                )
            )
                kept.Add(file);
        }

        return kept;
    }

    /// <summary>
    /// The output of a package's failed script, and apt's and dpkg's error lines (E: and dpkg:), else the last lines; joined into one line.
    /// </summary>
    public static string LastWords(ProcessResult result)
    {
        var lines = Lines(result.Error);
        if (!Array.Exists(lines, IsErrorProcessing) && Script(Lines(result.Output)) is { Count: > 0 } script)
            return string.Join(" | ", script.TakeLast(WordsKept).Concat(lines.Where(IsErrorLine).Take(1))).TrimEnd('.');

        // dpkg prints the output of a package's script before its own lines; without those, apt's are enough.
        var errorLines = Array.FindAll(lines, IsErrorLine);
        var chosen = errorLines.Length > 0 && !Array.Exists(lines, IsErrorProcessing) ? errorLines : lines;
        return chosen.Length == 0 ? "it gave no reason" : string.Join(" | ", chosen.TakeLast(WordsKept)).TrimEnd('.');
    }

    /// <summary>
    /// The part of dpkg's output about the first package that failed: from its start to dpkg's error line and the reason after it.
    /// </summary>
    private static List<string> Script(string[] lines)
    {
        var verdict = Array.FindIndex(lines, IsErrorProcessing);
        if (verdict < 0)
            return [];
        var begin = Array.FindLastIndex(
            lines,
            verdict,
            static line => Array.Exists(Steps, step => line.StartsWith(step, StringComparison.Ordinal))
        );
        return [.. lines[(begin + 1)..Math.Min(verdict + 2, lines.Length)]];
    }

    private static string[] Lines(string text) =>
        text.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool IsErrorProcessing(string line) => line.StartsWith(ErrorProcessing, StringComparison.Ordinal);

    private static bool IsErrorLine(string line) =>
        line.StartsWith("E: ", StringComparison.Ordinal) || line.StartsWith("dpkg: ", StringComparison.Ordinal);
}
