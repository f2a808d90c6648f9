using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>The host works, but a trait, a filter or a zone excludes it.</summary>
internal sealed class FilteredOut : ICause
{
    private const string DisabledTrait = "COMPUTE_STATUS_DISABLED";

    /// <summary>
    /// Excludes hosts whose compute service is down or disabled. Other causes know the current state better than an old log line does.
    /// </summary>
    private const string ServiceFilter = "ComputeFilter";

    public CauseKind Kind => CauseKind.FilteredOut;

    public IReadOnlyList<CauseKind> Explains => [];

    public Finding? Find(Situation situation) => ByTrait(situation) ?? ByLog(situation) ?? ByZone(situation);

    /// <summary>A trait that was left when its service was enabled again, or that belongs to a disabled service.</summary>
    private Finding? ByTrait(Situation situation) =>
        situation.Provider is not { Traits: { } traits } provider || !traits.Contains(DisabledTrait)
            ? null
            : new Finding(
                Kind,
                provider.Name,
                Certainty.Sure,
                $"the host's provider has the trait {DisabledTrait}: placement leaves it "
                    + $"out{(situation.Compute is { IsDisabled: false } ? ", although its service is enabled" : "")}"
            )
            {
                Evidence = Quotes.All(new Evidence(ExhibitIds.Traits(provider.Id), $"\"{DisabledTrait}\""), situation.Compute?.Quote()),
                Heals = "Nothing: the compute service sets the trait when it starts, and when it is enabled or disabled.",
                Remedy = "If the service is enabled: disable and enable it once, or restart nova-compute, which sets the trait again.",
            };

    private Finding? ByLog(Situation situation)
    {
        // A line about another request may have had other reasons.
        if (
            situation.Server is not { } server
            || situation.Logs["nova-scheduler"].All.LastOrDefault(l => l.Has("Filtering removed all hosts") && l.Has(server.Id))
                is not { } line
        )
            return null;
        var filter = NameOf(line.Text);
        return new Finding(
            Kind,
            filter ?? "scheduler",
            Certainty.Sure,
            $"{filter ?? "a filter of the scheduler"} left no host for a "
                + $"request{(filter == ServiceFilter ? ": compute services were down or disabled then" : "")}"
        )
        {
            Evidence = Quotes.All(line.Quote(), situation.QuoteFault()),
            Heals = "Nothing: filters express what operators want.",
            Remedy =
                "Compare what the request asks for (zone, aggregate, properties of image and flavor, server group) with what the "
                + "host offers; "
                + "`[filter_scheduler] enabled_filters` in nova.conf names the filters.",
        };
    }

    private Finding? ByZone(Situation situation)
    {
        if (situation is not { Server: { Fault: not null, Zone: { Length: > 0 } wanted } server, Compute.Zone: { } zone } || wanted == zone)
            return null;
        return new Finding(
            Kind,
            wanted,
            Certainty.Likely,
            $"the server asks for the availability zone {wanted}, and this host is in {zone}"
        )
        {
            Evidence =
            [
                new Evidence(server.Exhibit, $"\"OS-EXT-AZ:availability_zone\": \"{wanted}\""),
                new Evidence(ExhibitIds.Services, $"{situation.Compute!.Quote}, \"zone\": \"{zone}\""),
            ],
            Heals = "Nothing: zones express what operators want.",
            Remedy = "Ask for another zone, or put the host into an aggregate of that zone.",
        };
    }

    /// <summary>The last word that ends in "Filter".</summary>
    private static string? NameOf(string line) =>
        line.Split([' ', '\'', '"', ':', '[', ']', '(', ')', ','], StringSplitOptions.RemoveEmptyEntries)
            .LastOrDefault(w => w.Length > 6 && w.EndsWith("Filter", StringComparison.Ordinal));
}
