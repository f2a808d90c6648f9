namespace Cloudlet.DesiredState.Sections;

/// <summary>Finds cycles in a graph of names.</summary>
internal static class Graph
{
    /// <summary>
    /// One cycle of every group of names that depend on each other, each beginning with its smallest name. Depth-first, without recursion:
    /// names come from the user.
    /// </summary>
    /// <param name="edges">Name → the names it depends on.</param>
    public static List<List<string>> Cycles(IReadOnlyDictionary<string, List<string>> edges)
    {
        var cycles = new List<List<string>>();
        var done = new HashSet<string>(StringComparer.Ordinal);
        var names = new List<string>(edges.Keys);
        names.Sort(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (!done.Contains(name))
                Visit(name, edges, done, cycles);
        }

        return cycles;
    }

    private static void Visit(
        string start,
        IReadOnlyDictionary<string, List<string>> edges,
        HashSet<string> done,
        List<List<string>> cycles
    )
    {
        var way = new List<string> { start };
        var onWay = new HashSet<string>(StringComparer.Ordinal) { start };
        var next = new List<int> { 0 };
        while (way.Count > 0)
        {
            var name = way[^1];
            if (!edges.TryGetValue(name, out var targets) || next[^1] == targets.Count)
            {
                done.Add(name);
                onWay.Remove(name);
                way.RemoveAt(way.Count - 1);
                next.RemoveAt(next.Count - 1);
                continue;
            }

            var target = targets[next[^1]++];
            if (onWay.Contains(target))
            {
                cycles.Add(FromSmallest(way[way.IndexOf(target)..]));
            }
            else if (!done.Contains(target))
            {
                way.Add(target);
                onWay.Add(target);
                next.Add(0);
            }
        }
    }

    private static List<string> FromSmallest(List<string> cycle)
    {
        var smallest = 0;
        for (var i = 1; i < cycle.Count; i++)
        {
            if (string.CompareOrdinal(cycle[i], cycle[smallest]) < 0)
                smallest = i;
        }

        return [.. cycle[smallest..], .. cycle[..smallest]];
    }
}
