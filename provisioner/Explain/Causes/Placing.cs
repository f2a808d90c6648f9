using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Placement does not know the host, so it is not a candidate.</summary>
internal sealed class PlacementProviderMissing : ICause
{
    private static readonly string[] Complaints =
    [
        "Failed to create resource provider",
        "Failed to retrieve resource provider",
        "Another thread already created a resource provider",
        "Conflicting resource provider name",
    ];

    public CauseKind Kind => CauseKind.PlacementProviderMissing;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        if (situation.Providers is not { } providers || !situation.IsComputeHost || situation.Provider is not null)
            return null;
        var said = situation.ComputeLog.LastOrDefault(l => l.HasAny(Complaints));
        var isKnown = said is not null || (situation.Hypervisor is not null && situation.Compute?.IsUp == true);
        return new Finding(
            Kind,
            situation.Hypervisor?.Name ?? situation.Host,
            isKnown ? Certainty.Sure
                : situation.Compute is null ? Certainty.Possible
                : Certainty.Likely,
            "placement has no resource provider of this host's name"
        )
        {
            Evidence = Quotes.All(
                new Evidence(
                    ExhibitIds.Providers,
                    providers.Count == 0
                        ? "\"resource_providers\": []"
                        : $"there are {string.Join(", ", providers.Take(8).Select(p => p.Name))}"
                ),
                situation.Hypervisor?.Quote(),
                said?.Quote()
            ),
            Heals = "Nothing: the compute service creates its provider when it starts, and retries once a minute.",
            Remedy =
                "See the compute log for placement's answer. A provider of the old name with the same uuid is in "
                + "the way after a rename; "
                + "`nova-manage placement heal_allocations` follows once the provider exists.",
        };
    }
}

/// <summary>No host has as much as the flavor asks for, even when it is empty.</summary>
internal sealed class FlavorTooBig : ICause
{
    public CauseKind Kind => CauseKind.FlavorTooBig;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.PlacementExhausted, CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        if (situation.Flavor is not { } flavor)
            return null;
        var known = Capacity.Candidates(situation);
        var tooBig = flavor.Asks.FirstOrDefault(a =>
            known.Count > 0 && known.All(p => a.Value > (p.Inventories!.GetValueOrDefault(a.Key)?.Largest ?? 0))
        );
        if (tooBig.Key is null)
            return null;
        var largest = known.Max(p => p.Inventories!.GetValueOrDefault(tooBig.Key)?.Largest ?? 0);
        var offer = known.Count == 1 ? "this host has" : "the largest host has";
        return new Finding(
            Kind,
            flavor.Name,
            Certainty.Sure,
            $"the flavor asks for {tooBig.Value} {tooBig.Key}, and {offer} {largest:0} for one server at most"
        )
        {
            Evidence = Quotes.All([flavor.Quote(), .. known.Take(3).Select(p => Capacity.Quote(p, tooBig.Key)), situation.QuoteFault()]),
            Heals = "Nothing: it cannot make the host larger.",
            Remedy =
                "Use a smaller flavor or a larger host. For an option that makes the host look small, see reserved_host_* and "
                + "*_allocation_ratio in nova.conf.",
        };
    }
}

/// <summary>Everything, or what the flavor asks for, is in use.</summary>
internal sealed class PlacementExhausted : ICause
{
    public CauseKind Kind => CauseKind.PlacementExhausted;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        var known = Capacity.Candidates(situation).Where(p => p.Usages is not null).ToList();
        if (known.Count == 0)
            return null;
        var asks = situation.Flavor?.Asks ?? new Dictionary<string, long>(StringComparer.Ordinal) { ["VCPU"] = 1, ["MEMORY_MB"] = 1 };
        var lacking = asks.FirstOrDefault(a => known.All(p => p.Free(a.Key) < a.Value));
        if (lacking.Key is null)
            return null;
        var free = Math.Max(0, known.Max(p => p.Free(lacking.Key) ?? 0));
        var asked = situation.Flavor is { } flavor ? $", and {flavor.Name} asks for {lacking.Value}" : "";
        return new Finding(
            Kind,
            known.Count == 1 ? known[0].Name : "placement",
            Certainty.Sure,
            $"{free:0} {lacking.Key} {(known.Count == 1 ? "are left" : "are left on the emptiest host")}{asked}"
        )
        {
            Evidence = Quotes.All([
                .. known
                    .Take(3)
                    .SelectMany(p => (Evidence[])[new Evidence(ExhibitIds.Usages(p.Id), p.UsagesQuote), Capacity.Quote(p, lacking.Key)]),
                situation.Flavor?.Quote(),
                situation.QuoteFault(),
            ]),
            Heals = "Nothing: it does not move or delete servers.",
            Remedy =
                "Delete or move servers, or raise the allocation ratio if the host can bear it. "
                + "If the host looks emptier than that, compare `openstack resource provider show --allocations` with the servers "
                + "that exist.",
        };
    }
}

/// <summary>What providers can give to servers.</summary>
internal static class Capacity
{
    /// <summary>This host's provider if it is known, else all providers with a known inventory.</summary>
    public static IReadOnlyList<Provider> Candidates(Situation situation)
    {
        var providers =
            situation.Provider is { } own ? [own]
            : situation.IsComputeHost ? []
            : situation.Providers ?? [];
        return [.. providers.Where(p => p.Inventories is { Count: > 0 })];
    }

    public static Evidence Quote(Provider provider, string resource) =>
        new(
            ExhibitIds.Inventories(provider.Id),
            provider.Inventories?.GetValueOrDefault(resource)?.Quote ?? $"it has {string.Join(", ", provider.Inventories?.Keys ?? [])}"
        );
}
