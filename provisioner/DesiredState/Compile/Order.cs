using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Compile;

/// <summary>The dependencies between the resources of a host.</summary>
internal static class Order
{
    /// <summary>
    /// Adds the edges that follow from the whole set, such as a file after its folder; each kind knows its own.
    /// </summary>
    public static List<ResourceSpec> Complete(IReadOnlyDictionary<string, ResourceSpec> specs) =>
        [.. specs.Values.Select(s => KindDescriptors.Of(s).Complete(s, specs))];

    /// <summary>Reports edges to undeclared resources, and cycles.</summary>
    public static void Check(List<ResourceSpec> specs, HostDescription host, List<Problem> problems)
    {
        var byId = specs.ToDictionary(s => s.Id, StringComparer.Ordinal);
        foreach (var spec in specs)
        {
            foreach (var id in spec.After.Where(id => !byId.ContainsKey(id)))
            {
                problems.Add(
                    host.ProblemAt(
                        $"\"{id}\" is not declared on this host; write {KindDescriptors.ListOf(static k => k.IdOf(k.NameHint))} "
                            + "of a declared one",
                        [.. KindDescriptors.KeysOf(spec), "after"]
                    )
                );
            }
        }

        if (new CycleSearch(byId).Find() is { } cycle)
            problems.Add(
                host.ProblemAt(
                    $"these resources wait for each other: {string.Join(" → ", cycle)}; "
                        + "remove one of `after`, `parent`, `master` or `symlink`",
                    KindDescriptors.KeysOf(byId[cycle[0]])
                )
            );
    }
}
