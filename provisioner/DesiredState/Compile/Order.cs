using Cloudlet.DesiredState.Files;
using Cloudlet.DesiredState.Units;

namespace Cloudlet.DesiredState.Compile;

/// <summary>The order between the resources of a host.</summary>
internal static class Order
{
    /// <summary>Adds the edges that only the whole set tells: a file comes after the folder it stands in, a symbolic link after its target, a unit after the files it loads.</summary>
    public static List<ResourceSpec> Complete(IReadOnlyDictionary<string, ResourceSpec> specs)
    {
        var complete = new List<ResourceSpec>(specs.Count);
        foreach (var spec in specs.Values)
        {
            complete.Add(spec switch
            {
                FileSpec file => file with { After = [.. file.After, .. TargetOf(file).Where(specs.ContainsKey), .. FoldersOf(file).Where(specs.ContainsKey).Take(1)] },
                UnitSpec unit => AfterLoaded(unit, specs),
                _ => spec,
            });
        }

        return complete;
    }

    /// <summary>Reports edges to nowhere and cycles.</summary>
    public static void Check(List<ResourceSpec> specs, HostDescription host, List<Problem> problems)
    {
        var byId = specs.ToDictionary(s => s.Id, StringComparer.Ordinal);
        foreach (var unit in specs.OfType<UnitSpec>())
        {
            foreach (var id in unit.After.Where(id => !byId.ContainsKey(id)))
            {
                problems.Add(host.ProblemAt(
                    $"\"{id}\" is not declared on this host; write link:NAME, file:/PATH, unit:NAME, package:NAME or module:NAME of a declared one", ["units", unit.Name, "after"]));
            }
        }

        if (new CycleSearch(byId).Find() is { } cycle)
            problems.Add(host.ProblemAt($"these wait for each other: {string.Join(" → ", cycle)}; drop one of `after`, `parent`, `master` or `symlink`", KeysOf(byId[cycle[0]])));
    }

    private static string[] TargetOf(FileSpec file) => file is { Kind: FileKind.Symlink, Target: { } target }
        ? [FileSpec.IdOf(Path.GetFullPath(target, Path.GetDirectoryName(file.Path) ?? "/"))]
        : [];

    private static IEnumerable<string> FoldersOf(FileSpec file)
    {
        for (var folder = Path.GetDirectoryName(file.Path); folder is not null; folder = Path.GetDirectoryName(folder))
            yield return FileSpec.IdOf(folder);
    }

    private static UnitSpec AfterLoaded(UnitSpec unit, IReadOnlyDictionary<string, ResourceSpec> specs)
    {
        string[] loaded = [.. (unit.Loads ?? []).Select(FileSpec.IdOf).Where(specs.ContainsKey)];
        return unit with { After = [.. unit.After, .. loaded], Watches = [.. unit.Watches, .. loaded] };
    }

    private static string[] KeysOf(ResourceSpec spec) => spec switch
    {
        FileSpec file => ["files", file.Path],
        UnitSpec unit => ["units", unit.Name],
        Links.LinkSpec link => ["links", link.Name],
        _ => [],
    };
}
