using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;

namespace Cloudlet.Healthd.Watch;

/// <summary>Which resources a trigger concerns. Derived from the state alone.</summary>
public sealed class TriggerIndex
{
    private readonly Dictionary<Trigger, List<string>> _byWake = [];

    private readonly HashSet<string> _patient = new(StringComparer.Ordinal);

    private TriggerIndex() { }

    /// <summary>The index of a state.</summary>
    public static TriggerIndex Of(HostState state, HealKinds kinds)
    {
        var concerns = new TriggerIndex();
        foreach (var spec in state.Resources)
        {
            if (kinds.TraitsOf(spec).WaitsForWriters)
                concerns._patient.Add(spec.Id);
            foreach (var wake in kinds.TriggersOf(spec).Distinct())
            {
                if (!concerns._byWake.TryGetValue(wake, out var ids))
                    concerns._byWake[wake] = ids = [];
                ids.Add(spec.Id);
            }
        }

        return concerns;
    }

    /// <summary>Ids of the resources that a trigger concerns; empty when there are none.</summary>
    public IReadOnlyList<string> Behind(Trigger wake) => _byWake.TryGetValue(wake, out var ids) ? ids : [];

    /// <summary>Every trigger name of a kind that has to be watched.</summary>
    public IReadOnlyCollection<string> Names(TriggerKind kind) => [.. _byWake.Keys.Where(w => w.Kind == kind).Select(w => w.Name)];

    /// <summary>
    /// True for resources that give a file that wakes them a short time: it may still be edited, and to load half of it, or one that is
    /// put back the next moment, would be a restart for nothing.
    /// </summary>
    public bool IsPatient(Trigger wake, string id) => wake.Kind == TriggerKind.Path && _patient.Contains(id);
}
