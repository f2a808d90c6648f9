using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Planning;

/// <summary>Orders resources by <see cref="ResourceSpec.After"/>. Ids that are not among them are no constraint.</summary>
internal static class DependencyOrder
{
    /// <summary>A change in its place.</summary>
    /// <param name="Change">A change to be made.</param>
    /// <param name="NeededChanges">Ids of the changes that come before it, seen through resources that do not change.</param>
    public sealed record OrderedChange(PlannedChange Change, List<string> NeededChanges);

    /// <summary>The plan's changes but for removals, each after all that it needs.</summary>
    public static IReadOnlyList<OrderedChange> Sort(Plan plan)
    {
        var changes = plan.Changes.Where(c => c.Action != ChangeAction.Remove).ToDictionary(c => c.Id);
        if (changes.Count == 0)
            return [];
        var needed = new Dictionary<string, HashSet<string>>();
        var ordered = new List<OrderedChange>(changes.Count);
        foreach (var spec in Sort(plan.Desired.Resources))
        {
            // The changes behind a resource: those it names that change themselves, and through the others what is behind them.
            var behind = new HashSet<string>();
            foreach (var id in spec.After)
                if (changes.ContainsKey(id))
                    behind.Add(id);
                else if (needed.TryGetValue(id, out var through))
                    behind.UnionWith(through);
            needed[spec.Id] = behind;
            if (changes.TryGetValue(spec.Id, out var change))
                ordered.Add(new OrderedChange(change, [.. behind]));
        }

        return ordered;
    }

    /// <summary>Ids of those that come after one of <paramref name="ids"/>, directly or through others.</summary>
    public static HashSet<string> StandingOn(IReadOnlyList<ResourceSpec> specs, IEnumerable<string> ids)
    {
        HashSet<string> grounds = [.. ids];
        var standing = new HashSet<string>();
        if (grounds.Count > 0)
            foreach (var spec in Sort(specs))
                if (spec.After.Any(id => grounds.Contains(id) || standing.Contains(id)))
                    standing.Add(spec.Id);
        return standing;
    }

    /// <summary>Ids of those that one of <paramref name="ids"/> comes after, directly or through others.</summary>
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

    /// <summary>Specs so that each comes after all it names; independent ones in the order of their ids.</summary>
    /// <exception cref="CloudletException">InvalidInput: they go round in a circle, which the message shows.</exception>
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
                throw new CloudletException(ErrorKind.InvalidInput, $"resources wait for each other in a circle: {string.Join(" → ", circle)}; take one `after` out");
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
