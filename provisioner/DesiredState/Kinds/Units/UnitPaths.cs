namespace Cloudlet.DesiredState.Kinds.Units;

/// <summary>The folders of unit files (systemd.unit(5), "Unit File Load Path").</summary>
public static class UnitPaths
{
    private static readonly string[] Folders =
    [
        "/etc/systemd/system/",
        "/run/systemd/system/",
        "/usr/local/lib/systemd/system/",
        "/usr/lib/systemd/system/",
        "/lib/systemd/system/",
    ];

    /// <summary>
    /// True for the path of the unit's own file, of its template's, and of a drop-in for either, for a prefix of its name or for its whole
    /// type.
    /// </summary>
    public static bool IsFileOf(string path, string unit)
    {
        if (Array.Find(Folders, folder => path.StartsWith(folder, StringComparison.Ordinal)) is not { } folder)
            return false;
        var below = path[folder.Length..];
        return below.IndexOf('/') is var slash and > 0
            ? below.AsSpan(0, slash).EndsWith(".d") && DropInNames(unit).Contains(below[..(slash - 2)], StringComparer.Ordinal)
            : below == unit || below == TemplateOf(unit);
    }

    /// <summary>The template of a unit instance, <c>x@.service</c> for <c>x@one.service</c>; null if the unit is not an instance.</summary>
    public static string? TemplateOf(string unit) =>
        unit.IndexOf('@') is var at and > 0 && unit.LastIndexOf('.') is var dot && dot > at + 1 ? unit[..(at + 1)] + unit[dot..] : null;

    /// <summary>Paths, in order of precedence, of the files that can mask or define the unit.</summary>
    public static IEnumerable<string> FragmentsOf(string unit) =>
        from name in TemplateOf(unit) is { } template ? [unit, template] : new[] { unit }
        from folder in Folders
        select folder + name;

    private static IEnumerable<string> DropInNames(string unit)
    {
        foreach (var name in TemplateOf(unit) is { } template ? [unit, template] : new[] { unit })
        {
            yield return name;
            if (name.LastIndexOf('.') is var dot and > 0)
                for (var dash = name.LastIndexOf('-', dot - 1); dash > 0; dash = name.LastIndexOf('-', dash - 1))
                    yield return name[..(dash + 1)] + name[dot..];
        }

        if (unit.LastIndexOf('.') is var suffix and > 0)
            yield return unit[(suffix + 1)..];
    }
}
