using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>Lines <c>NAME VALUE</c> or <c>NAME=VALUE</c>; a name may occur several times.</summary>
internal sealed class Facts
{
    private readonly List<(string Name, string Value, string Line)> _lines = [];

    private Facts() { }

    /// <summary>Name, value and whole line, in order.</summary>
    public IReadOnlyList<(string Name, string Value, string Line)> Lines => _lines;

    public static Facts Of(Exhibit exhibit, char separator)
    {
        var facts = new Facts();
        foreach (var line in exhibit.Text.Split('\n'))
        {
            var plain = line.Trim();
            var at = plain.IndexOf(separator);
            if (at > 0)
                facts._lines.Add((plain[..at], plain[(at + 1)..].Trim(), plain));
        }

        return facts;
    }

    /// <summary>The last value of that name, or null when there is none or an empty one.</summary>
    public string? this[string name] => _lines.LastOrDefault(l => l.Name == name).Value is { Length: > 0 } value ? value : null;

    /// <summary>The line with the value of that name, or an empty string.</summary>
    public string Line(string name) => _lines.LastOrDefault(l => l.Name == name).Line ?? "";

    public IReadOnlyList<string> All(string name) => [.. _lines.Where(l => l.Name == name && l.Value.Length > 0).Select(l => l.Value)];
}
