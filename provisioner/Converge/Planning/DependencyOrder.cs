using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Planning;

/// <summary>Orders resources by <see cref="ResourceSpec.After"/>. Ids of resources that are not in the list are ignored.</summary>
internal static class DependencyOrder
{
    /// <summary>A change with the changes it must wait for.</summary>
    /// <param name="Change">A change to be made.</param>
    /// <param name="NeededChanges">Ids of the changes before it, including those reached through unchanged resources.</param>
    public sealed record OrderedChange(PlannedChange Change, List<string> NeededChanges);

    /// <summary>The plan's changes to described resources, each after all its dependencies.</summary>
    public static IReadOnlyList<OrderedChange> Sort(Plan plan)
    {
        var changes = plan.Changes.Where(c => c.Action is not (ChangeAction.Remove or ChangeAction.Restore)).ToDictionary(c => c.Id);
        if (changes.Count == 0)
            return [];
        var needed = new Dictionary<string, HashSet<string>>();
        var ordered = new List<OrderedChange>(changes.Count);
        foreach (var spec in Sort(plan.Desired.Resources))
        {
            // The changes that a resource waits for: its dependencies that change, and for the others, the changes that they wait for.
            var prerequisites = new HashSet<string>();
            foreach (var id in spec.After)
                if (changes.ContainsKey(id))
                    prerequisites.Add(id);
                else if (needed.TryGetValue(id, out var through))
                    prerequisites.UnionWith(through);
            needed[spec.Id] = prerequisites;
            if (changes.TryGetValue(spec.Id, out var change))
                ordered.Add(new OrderedChange(change, [.. prerequisites]));
        }

        return ordered;
    }

    /// <summary>Specs that were captured at different times; without their `after` edges if these form a cycle.</summary>
    public static IEnumerable<ResourceSpec> WithoutCircles(IReadOnlyList<ResourceSpec> specs)
    {
        try
        {
            Sort(specs);
            return specs;
        }
        catch (CloudletException)
        {
            return specs.Select(static s => s with { After = [], Watches = [] });
        }
    }

    /// <summary>
    /// Specs from earlier descriptions, each after its dependencies. They may come from several descriptions and form a cycle; then they
    /// are sorted by id.
    /// </summary>
    public static IReadOnlyList<ResourceSpec> SortLeaving(IReadOnlyList<ResourceSpec> specs)
    {
        try
        {
            return Sort(specs);
        }
        catch (CloudletException)
        {
            return [.. specs.OrderBy(s => s.Id, StringComparer.Ordinal)];
        }
    }

    /// <summary>Ids of the direct and indirect dependents of <paramref name="ids"/>.</summary>
    public static HashSet<string> DependentsOf(IReadOnlyList<ResourceSpec> specs, IEnumerable<string> ids)
    {
        var standing = new HashSet<string>();
        var open = new Stack<string>(ids);
        if (open.Count == 0)
            return standing;
        var above = specs
            .SelectMany(static spec => spec.After, static (spec, id) => (Id: id, Spec: spec))
            .ToLookup(p => p.Id, p => p.Spec.Id);
        while (open.TryPop(out var id))
            foreach (var dependent in above[id])
                if (standing.Add(dependent))
                    open.Push(dependent);
        return standing;
    }

    /// <summary>Ids of the direct and indirect dependencies of <paramref name="ids"/>.</summary>
    public static HashSet<string> Under(IReadOnlyList<ResourceSpec> specs, IEnumerable<string> ids)
    {
        var byId = specs.ToDictionary(s => s.Id);
        var under = new HashSet<string>();
        var open = new Stack<string>(ids);
        while (open.TryPop(out var id))
            foreach (var before in byId.TryGetValue(id, out var spec) ? spec.After : [])
                if (byId.ContainsKey(before) && under.Add(before))
                    open.Push(before);
        return under;
    }

    /// <summary>Sorts specs so that each comes after its dependencies; independent ones are sorted by id.</summary>
    /// <exception cref="CloudletException">InvalidInput: they form a cycle; the message shows it.</exception>
    public static IReadOnlyList<ResourceSpec> Sort(IReadOnlyList<ResourceSpec> specs)
    {
        var byId = specs.ToDictionary(s => s.Id);
        var sorted = new List<ResourceSpec>(specs.Count);
        var done = new HashSet<string>();
        var path = new List<string>();
        foreach (var spec in specs.OrderBy(s => s.Id, StringComparer.Ordinal))
            Visit(spec);
        return sorted;

        void Visit(ResourceSpec spec)
        {
            if (done.Contains(spec.Id))
                return;
            if (path.Contains(spec.Id))
            {
                var circle = path.SkipWhile(id => id != spec.Id).Append(spec.Id);
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"resources wait for each other in a circle: {string.Join(" → ", circle)}; remove one `after`"
                );
            }

            path.Add(spec.Id);
            foreach (var id in spec.After.Order(StringComparer.Ordinal))
                if (byId.TryGetValue(id, out var before))
                    Visit(before);
            path.RemoveAt(path.Count - 1);
            done.Add(spec.Id);
            sorted.Add(spec);
        }
    }
}
