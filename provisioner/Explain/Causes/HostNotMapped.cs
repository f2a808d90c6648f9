using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>A host that is mapped to no cell is up, and gets no servers.</summary>
internal sealed class HostNotMapped : ICause
{
    private const string Fault = "is not mapped to any cell";

    public CauseKind Kind => CauseKind.HostNotMapped;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        if (situation.Mapped?.Contains(situation.Host) == true)
            return null;
        var fault = situation.Server?.Fault?.Contains(Fault, StringComparison.Ordinal) == true ? situation.Server : null;
        var isAbsent = situation is { Mapped: not null, Compute: not null };
        var isHidden = situation is { Compute.IsUp: true, Hypervisors: not null, Hypervisor: null };
        if (!isAbsent && fault is null && !isHidden)
            return null;
        var isThisHost = fault?.Fault!.Contains($"'{situation.Host}'", StringComparison.Ordinal) == true;
        return new Finding(
            Kind,
            situation.Host,
            isAbsent || isThisHost ? Certainty.Sure : Certainty.Likely,
            "the compute service is registered, but its host is mapped to no cell"
        )
        {
            Evidence = Quotes.All(
                situation.Mapped is { } mapped
                    ? new Evidence(
                        ExhibitIds.MappedHosts,
                        mapped.Count == 0 ? "no host is mapped" : $"mapped: {string.Join(", ", mapped.Take(8))}"
                    )
                    : null,
                fault is null ? null : situation.QuoteFault(),
                isHidden ? new Evidence(ExhibitIds.Hypervisors, Others(situation)) : null,
                situation.Compute?.Quote()
            ),
            Heals = "Nothing. The scheduler maps hosts by itself where `discover_hosts_in_cells_interval` is set.",
            Remedy = "On a controller: `nova-manage cell_v2 discover_hosts --verbose`.",
        };
    }

    private static string Others(Situation situation) =>
        situation.Hypervisors is { Count: > 0 } all
            ? $"there are {string.Join(", ", all.Take(8).Select(h => h.Name))}"
            : "\"hypervisors\": []";
}
