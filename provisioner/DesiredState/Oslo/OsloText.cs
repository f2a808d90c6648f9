using System.Text;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Oslo;

/// <summary>
/// Writes options so that oslo.config reads exactly the given values. The same options have the same text, in whatever order they were
/// given.
/// </summary>
internal static class OsloText
{
    private const string DefaultSection = "DEFAULT";

    /// <summary>The text: DEFAULT first, then the sections and their options by name; a section without options is left out.</summary>
    public static string Of(IReadOnlyDictionary<string, IReadOnlyDictionary<string, OsloValue>> options)
    {
        var text = new StringBuilder();
        foreach (
            var (section, values) in options
                .Where(s => s.Value.Count > 0)
                .OrderBy(s => s.Key != DefaultSection)
                .ThenBy(s => s.Key, StringComparer.Ordinal)
        )
        {
            text.Append(text.Length > 0 ? "\n[" : "[").Append(section).Append("]\n");
            foreach (var (name, value) in values.OrderBy(v => v.Key, StringComparer.Ordinal))
            {
                foreach (var written in value.Texts)
                    text.Append(name)
                        .Append(" =")
                        .Append(written.Length == 0 || written[0] == '\n' ? "" : " ")
                        .Append(Written(written))
                        .Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>A continuation line is indented, which makes it a part of the value above it.</summary>
    private static string Written(string value)
    {
        var lines = value.Split('\n');
        lines[0] = Quoted(lines[0]);
        return string.Join("\n    ", lines);
    }

    /// <summary>
    /// oslo.config removes white space at the ends of a value, and one pair of quotes around it: one more pair preserves them.
    /// </summary>
    private static string Quoted(string line)
    {
        var isQuoted = line.Length > 0 && line[0] == line[^1] && line[0] is '"' or '\'';
        return line.Trim() != line || isQuoted ? $"\"{line}\"" : line;
    }
}
