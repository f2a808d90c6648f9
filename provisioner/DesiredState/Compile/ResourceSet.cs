using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Compile;

/// <summary>The resources of a host by id. Declared resources override generated ones where possible.</summary>
internal sealed class ResourceSet(HostDescription host, List<Problem> problems)
{
    private readonly Dictionary<string, ResourceSpec> _specs = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, ResourceSpec> Specs => _specs;

    public void AddAll(IEnumerable<ResourceSpec> added)
    {
        foreach (var spec in added)
        {
            if (!_specs.TryGetValue(spec.Id, out var there))
                _specs.Add(spec.Id, spec);
            else if (Combine(there, spec) is { } combined)
                _specs[spec.Id] = combined;
            else
                problems.Add(
                    host.ProblemAt(
                        $"{spec.Id} is written by Provision itself for another part of this host; declare it in one place only",
                        KindDescriptors.KeysOf(spec)
                    )
                );
        }
    }

    /// <summary>Makes a resource depend on others.</summary>
    public void ComeAfter(string id, IEnumerable<string> others) =>
        _specs[id] = _specs[id] with { After = [.. _specs[id].After, .. others] };

    private static ResourceSpec? Combine(ResourceSpec generated, ResourceSpec declared) =>
        generated.GetType() == declared.GetType() ? KindDescriptors.Of(generated).Combine(generated, declared) : null;
}
