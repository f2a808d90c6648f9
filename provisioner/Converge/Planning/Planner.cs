using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Planning;

/// <summary>Desired and observed in, changes out. Touches nothing and asks nobody.</summary>
internal sealed class Planner(KindRegistry kinds)
{
    /// <summary>All that has to be done.</summary>
    /// <exception cref="CloudletException">InvalidInput: the resources wait for each other in a circle.</exception>
    public Plan Plan(HostState desired, ObservedHost observed)
    {
        // Here and not while applying: a circle has to be found before anything is touched.
        DependencyOrder.Sort(desired.Resources);
        var changes = new SortedDictionary<string, PlannedChange>(StringComparer.Ordinal);
        foreach (var spec in desired.Resources)
            if (Compare(spec, observed.ById[spec.Id]) is { } change)
                changes.Add(spec.Id, change);
        foreach (var stray in observed.Strays)
            changes.Add(stray.Spec.Id, new PlannedChange(stray.Spec, ChangeAction.Remove, []) { Error = stray.Error });

        // What stands on something that is made anew may be gone with it.
        var shaken = DependencyOrder.StandingOn(desired.Resources, changes.Values.Where(c => c.Action == ChangeAction.Replace).Select(c => c.Id));
        foreach (var spec in desired.Resources)
            if (!changes.ContainsKey(spec.Id) && Because(spec) is { Count: > 0 } because)
                changes.Add(spec.Id, Refresh(spec, observed.ById[spec.Id], because));
        return new Plan(desired, [.. changes.Values]);

        List<string> Because(ResourceSpec spec) => [.. (shaken.Contains(spec.Id) ? spec.After : spec.Watches).Where(id => changes.ContainsKey(id) || shaken.Contains(id))];
    }

    /// <summary>The change that takes one resource from its observation to its description, or null.</summary>
    public PlannedChange? Compare(ResourceSpec desired, Observation observation)
    {
        if (observation.Error is { } error)
            return new PlannedChange(desired, ChangeAction.Unknown, []) { Observation = observation, Error = error.Message };
        var properties = SpecDiff.Between(desired, observation.Judged);
        if (observation.Judged is null)
            return Change(ChangeAction.Create);
        if (properties.Count == 0)
            return null;
        return Change(properties.Any(p => kinds.For(desired).ReplacedBy.Contains(p.Path)) ? ChangeAction.Replace : ChangeAction.Update);

        PlannedChange Change(ChangeAction action) => new(desired, action, properties) { Observation = observation };
    }

    private static PlannedChange Refresh(ResourceSpec spec, Observation observation, List<string> because) =>
        new(spec, ChangeAction.Refresh, [.. because.Select(id => new PropertyChange("after", null, id))]) { Observation = observation };
}
