using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>Hosts that are mapped to a cell.</summary>
internal static class MappedHosts
{
    private const string Column = "Hostname";

    /// <summary>From the table of <c>nova-manage cell_v2 list_hosts</c>, or null.</summary>
    public static IReadOnlyList<string>? Read(Notes notes)
    {
        if (notes.Answer(ExhibitIds.MappedHosts) is not { } exhibit)
            return null;
        var rows = exhibit
            .Text.Split('\n')
            .Where(l => l.StartsWith('|'))
            .Select(l => l.Trim().Trim('|').Split('|').Select(c => c.Trim()).ToArray())
            .ToList();
        var column = rows.Count == 0 ? -1 : Array.IndexOf(rows[0], Column);
        if (column >= 0 && !exhibit.Truncated)
            return [.. rows.Skip(1).Where(r => r.Length > column && r[column].Length > 0).Select(r => r[column])];
        notes.Malformed(exhibit, "it is not the table of list_hosts");
        return null;
    }
}
