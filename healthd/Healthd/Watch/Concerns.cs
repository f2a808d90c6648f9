using Cloudlet.Converge;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Units;

namespace Cloudlet.Healthd.Watch;

/// <summary>Which resources a wake-up concerns. Derived from the state alone.</summary>
public sealed class Concerns
{
    private readonly Dictionary<Wake, List<string>> byWake = [];

    private Concerns()
    {
    }

    /// <summary>The concerns of a state.</summary>
    public static Concerns Of(HostState state, Healer healer)
    {
        var concerns = new Concerns();
        foreach (var spec in state.Resources)
        {
            foreach (var wake in healer.WokenBy(spec).Distinct())
            {
                if (!concerns.byWake.TryGetValue(wake, out var ids))
                    concerns.byWake[wake] = ids = [];
                ids.Add(spec.Id);
            }
        }

        return concerns;
    }

    /// <summary>Ids of the resources behind a wake-up; empty when it concerns nobody.</summary>
    public IReadOnlyList<string> Behind(Wake wake) => byWake.TryGetValue(wake, out var ids) ? ids : [];

    /// <summary>Everything of a kind that has to be watched.</summary>
    public IReadOnlyCollection<string> Names(WakeKind kind) => [.. byWake.Keys.Where(w => w.Kind == kind).Select(w => w.Name)];

    /// <summary>
    /// True for units behind a file: whoever edits one may not be done yet, and to load half a file, or one that is put back the next moment, would be a restart for nothing.
    /// </summary>
    public static bool IsPatient(Wake wake, string id) => wake.Kind == WakeKind.Path && id.StartsWith(UnitSpec.IdOf(""), StringComparison.Ordinal);
}
