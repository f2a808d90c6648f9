using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>Whether a unit's process runs with what is on disk.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="State">fresh, stale or unknown.</param>
/// <param name="By">How that is known: stamp, report or times.</param>
/// <param name="Files">Files that differ.</param>
/// <param name="Options">Options that differ, SECTION.NAME; empty when that is not known.</param>
internal sealed record FreshnessState(string Unit, string State, string? By, IReadOnlyList<string> Files, IReadOnlyList<string> Options)
{
    public string Exhibit => ExhibitIds.Freshness(Unit);

    public bool IsStale => State == "stale";

    /// <summary>True when the process itself or its stamp says so; times are a hint only.</summary>
    public bool IsProven => By is "stamp" or "report";

    /// <summary>The exhibit's content, as it is quoted.</summary>
    public string Quote =>
        string.Join(
            "; ",
            (string[])
                [
                    By is null ? $"state {State}" : $"state {State}; by {By}",
                    .. Files.Select(f => $"file {f}"),
                    .. Options.Select(o => $"option {o}"),
                ]
        );

    public static IReadOnlyDictionary<string, FreshnessState> ReadAll(Bundle bundle, Notes notes)
    {
        var states = new Dictionary<string, FreshnessState>(StringComparer.Ordinal);
        var prefix = ExhibitIds.Freshness("");
        foreach (var exhibit in bundle.StartingWith(prefix))
        {
            if (notes.Answer(exhibit) is null)
                continue;
            var facts = Facts.Of(exhibit, ' ');
            var unit = exhibit.Id[prefix.Length..];
            if (facts["state"] is "fresh" or "stale" && facts["state"] is { } state)
                states[unit] = new FreshnessState(unit, state, facts["by"], facts.All("file"), facts.All("option"));
            else
                notes.Malformed(exhibit, "it does not say what the process has loaded");
        }

        return states;
    }
}
