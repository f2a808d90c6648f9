using Cloudlet.DesiredState.Files;
using Cloudlet.DesiredState.Units;

namespace Cloudlet.DesiredState.Compile;

/// <summary>The resources of a host by id. What we generate gives way to what the user declares, where that is possible.</summary>
internal sealed class ResourceSet(HostDescription host, List<Problem> problems)
{
    private readonly Dictionary<string, ResourceSpec> specs = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, ResourceSpec> Specs => specs;

    public void AddAll(IEnumerable<ResourceSpec> added)
    {
        foreach (var spec in added)
        {
            if (!specs.TryGetValue(spec.Id, out var there))
                specs.Add(spec.Id, spec);
            else if (Combine(there, spec) is { } combined)
                specs[spec.Id] = combined;
            else
                problems.Add(host.ProblemAt(
                    $"{spec.Id} is written by Provision itself for another part of this host; declare it in one place only", KeysOf(spec)));
        }
    }

    private static ResourceSpec? Combine(ResourceSpec generated, ResourceSpec declared) => (generated, declared) switch
    {
        (FileSpec { Kind: FileKind.Directory }, FileSpec { Kind: FileKind.Directory } folder) => folder,
        (FileSpec one, FileSpec two) when one == two => one,
        (UnitSpec ours, UnitSpec theirs) => theirs with
        {
            Enabled = theirs.Enabled ?? ours.Enabled,
            Running = theirs.Running ?? ours.Running,
            Configuration = theirs.Configuration ?? ours.Configuration,
            Loads = [.. theirs.Loads ?? [], .. ours.Loads ?? []],
            After = [.. theirs.After, .. ours.After],
            Watches = [.. theirs.Watches, .. ours.Watches],
        },
        _ => null,
    };

    private static string[] KeysOf(ResourceSpec spec) => spec switch
    {
        FileSpec file => ["files", file.Path],
        UnitSpec unit => ["units", unit.Name],
        _ => [],
    };
}
