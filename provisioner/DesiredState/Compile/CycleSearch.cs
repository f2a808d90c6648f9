namespace Cloudlet.DesiredState.Compile;

/// <summary>Depth-first search for a cycle of <c>after</c> edges.</summary>
internal sealed class CycleSearch(Dictionary<string, ResourceSpec> specs)
{
    private readonly HashSet<string> _done = new(StringComparer.Ordinal);
    private readonly List<string> _path = [];

    /// <summary>The ids of one cycle, with the first id repeated at the end; null when there is none.</summary>
    public List<string>? Find() => specs.Keys.Order(StringComparer.Ordinal).Select(Visit).FirstOrDefault(cycle => cycle is not null);

    // The recursion is as deep as the longest chain of edges: a handful for links and folders, and as many units as a user makes wait
    // for each other.
    private List<string>? Visit(string id)
    {
        var start = _path.IndexOf(id);
        if (start >= 0)
            return [.. _path[start..], id];
        if (!specs.TryGetValue(id, out var spec) || !_done.Add(id))
            return null;

        _path.Add(id);
        foreach (var next in spec.After)
        {
            if (Visit(next) is { } cycle)
                return cycle;
        }

        _path.RemoveAt(_path.Count - 1);
        return null;
    }
}
