namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>
/// A Guru Meditation Report of oslo.reports, as text: each section begins with its name in a banner of three lines. The section
/// Configuration has every option as the process has loaded it, including defaults: <c>group: </c>, then <c> key = value</c>; a list has
/// its items below, sorted; multi-line text and dictionaries follow below <c> key: </c>. Secrets are <c>***</c>.
/// </summary>
internal sealed class GuruReport
{
    private const string Masked = "***";
    private static readonly string[] True = ["true", "1", "on", "yes"];
    private static readonly string[] False = ["false", "0", "off", "no"];

    private readonly Dictionary<string, Value> _options = new(StringComparer.Ordinal);

    private GuruReport(bool isComplete) => IsComplete = isComplete;

    /// <summary>False while the report is being written: Configuration is its last section.</summary>
    public bool IsComplete { get; }

    /// <summary>Reads a report.</summary>
    public static GuruReport Parse(string text)
    {
        var lines = text.Split('\n');
        var start = Array.FindIndex(
            lines,
            l => l.StartsWith("====", StringComparison.Ordinal) && l.Trim('=', ' ', '\r') == "Configuration"
        );
        var report = new GuruReport(start >= 0 && start + 2 < lines.Length);
        string? group = null;
        Value? value = null;
        foreach (var line in lines.Skip(start + 2).TakeWhile(l => report.IsComplete && !l.StartsWith("====", StringComparison.Ordinal)))
        {
            if (line.StartsWith("    ", StringComparison.Ordinal))
                value?.Below.Add(line.Trim());
            else if (line.StartsWith("  ", StringComparison.Ordinal) && group is not null)
                value = report.Option(group, line.Trim());
            else if (line.TrimEnd() is [.. var name, ':'])
                (group, value) = (name, null);
        }

        return report;
    }

    /// <summary>True when the report is about this process.</summary>
    public static bool IsOf(int pid, string text) => text.Contains($"\nProcess {pid} (", StringComparison.Ordinal);

    /// <summary>
    /// The options in which the process differs from the files, sorted. Skipped, because the report does not show them: secrets, options
    /// that the process does not know, references to other options.
    /// </summary>
    /// <param name="texts">The files, in load order: the last one that has an option wins.</param>
    public IReadOnlyList<string> Differences(IEnumerable<ConfigurationText> texts)
    {
        var wanted = new SortedDictionary<string, List<OptionValue>>(StringComparer.Ordinal);
        foreach (var (name, values) in texts.SelectMany(t => t.Options))
            wanted[name] = values;
        return
        [
            .. wanted
                .Where(w =>
                    _options.TryGetValue(Key(w.Value[0].Section, w.Key[(w.Value[0].Section.Length + 1)..]), out var has)
                    && Differ(w.Value, has)
                )
                .Select(w => w.Key),
        ];
    }

    /// <summary>Reports have groups in lower case, and Python names.</summary>
    private static string Key(string group, string name) => $"{group.ToLowerInvariant()}.{name.Replace('-', '_')}";

    private static bool Differ(List<OptionValue> wanted, Value has)
    {
        if (has.Text == Masked || wanted.Any(w => w.Text.Contains('$')))
            return false;
        var last = Unquoted(wanted[^1].Text);
        if (has.IsBlock)
            return !last.Contains(':') && last.Contains('\n') && !last.Split('\n', StringSplitOptions.TrimEntries).SequenceEqual(has.Below);
        if (has.Below.Count == 0)
            return !IsSame(last, has.Text);

        // A list on one line, or an option that is repeated for each item. Items with quotes or brackets have their own syntax.
        string[] items = [.. wanted.Select(w => Unquoted(w.Text)).Order(StringComparer.Ordinal)];
        string[] split =
        [
            .. last.Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Order(StringComparer.Ordinal),
        ];
        string[] loaded = [.. has.Below.Order(StringComparer.Ordinal)];
        return !items.SequenceEqual(loaded) && !split.SequenceEqual(loaded) && last.AsSpan().IndexOfAny("\"'[") < 0;
    }

    private static bool IsSame(string wanted, string has)
    {
        if (wanted == has)
            return true;
        return has switch
        {
            "True" => True.Contains(wanted, StringComparer.OrdinalIgnoreCase),
            "False" => False.Contains(wanted, StringComparer.OrdinalIgnoreCase),
            "None" => wanted.Length == 0,
            _ => double.TryParse(wanted, out var a) && double.TryParse(has, out var b) && a.Equals(b),
        };
    }

    private static string Unquoted(string text) => text.Length > 1 && text[0] is '"' or '\'' && text[^1] == text[0] ? text[1..^1] : text;

    private Value Option(string group, string line)
    {
        var equals = line.IndexOf(" =", StringComparison.Ordinal);
        var isBlock = equals < 0;
        var name = isBlock ? line.TrimEnd(':') : line[..equals];
        return _options[Key(group, name)] = new Value(isBlock ? "" : line[(equals + 2)..].Trim(), isBlock, []);
    }

    private sealed record Value(string Text, bool IsBlock, List<string> Below);
}
