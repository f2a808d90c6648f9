using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Planning;

/// <summary>Computes changes from desired and observed states. Pure: no access to the host.</summary>
internal sealed class Planner(KindRegistry kinds)
{
    private const string GivenBack = "properties that are no longer described return to their values before us";

    /// <summary>All changes to make.</summary>
    /// <exception cref="CloudletException">InvalidInput: the resources wait for each other in a circle.</exception>
    public Plan Plan(HostState desired, ObservedHost observed)
    {
        // Here and not during the apply: a cycle must be found before anything is touched.
        DependencyOrder.Sort(desired.Resources);
        var changes = new SortedDictionary<string, PlannedChange>(StringComparer.Ordinal);
        foreach (var spec in desired.Resources)
            if (Compare(observed.GoalOf(spec), observed.ById[spec.Id]) is { } change)
                changes.Add(spec.Id, ReferenceEquals(change.Spec, spec) ? change : change with { Reason = GivenBack });
        foreach (var departure in observed.Departures.Where(static d => d.Fate != Fate.Keep))
            changes.Add(departure.Spec.Id, Leave(departure));

        // Replacing a resource may remove its dependents with it.
        var affectedByReplace = DependencyOrder.DependentsOf(
            desired.Resources,
            changes.Values.Where(c => c.Action == ChangeAction.Replace).Select(c => c.Id)
        );
        foreach (var spec in desired.Resources)
            if (!changes.ContainsKey(spec.Id) && Because(spec) is { Count: > 0 } because)
                changes.Add(spec.Id, Refresh(observed.GoalOf(spec), observed.ById[spec.Id], because));
        return new Plan(desired, [.. changes.Values])
        {
            Kept =
            [
                .. observed.Departures.Where(static d => d.Fate == Fate.Keep).Select(static d => new KeptResource(d.Spec.Id, d.Reason)),
            ],
        };

        List<string> Because(ResourceSpec spec) =>
            [
                .. (affectedByReplace.Contains(spec.Id) ? spec.After : spec.Watches).Where(id =>
                    changes.ContainsKey(id) || affectedByReplace.Contains(id)
                ),
            ];
    }

    /// <summary>The change that takes one resource from its observation to its description, or null.</summary>
    public PlannedChange? Compare(ResourceSpec desired, Observation observation)
    {
        if (observation.Error is { } error)
            return new PlannedChange(desired, ChangeAction.Unknown, []) { Observation = observation, Error = error.Message };
        var properties = SpecDiff.Between(desired, observation.Managed);
        if (observation.Managed is null)
            return Change(ChangeAction.Create);
        if (properties.Count == 0)
            return null;
        return Change(properties.Any(p => kinds.For(desired).ReplacedBy.Contains(p.Path)) ? ChangeAction.Replace : ChangeAction.Update);

        PlannedChange Change(ChangeAction action) => new(desired, action, properties) { Observation = observation };
    }

    private static PlannedChange Leave(Departure departure) =>
        departure.Fate == Fate.Remove
            ? new(departure.Spec, ChangeAction.Remove, [])
            {
                Observation = departure.Seen,
                Reason = departure.Reason,
                Error = departure.Seen?.Error?.Message,
            }
            : new(departure.Spec, ChangeAction.Restore, SpecDiff.Between(departure.Spec, departure.Seen?.Managed))
            {
                Observation = departure.Seen,
                Reason = departure.Reason,
                Error = departure.Seen?.Error?.Message,
            };

    private static PlannedChange Refresh(ResourceSpec spec, Observation observation, List<string> because) =>
        new(spec, ChangeAction.Refresh, [.. because.Select(id => new PropertyChange("after", null, id))]) { Observation = observation };
}
