using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Clients go where the catalog sends them.</summary>
internal sealed class CatalogWrong : ICause
{
    public CauseKind Kind => CauseKind.CatalogWrong;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.EndpointUnreachable, .. Consequences.OfCloud];

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Endpoints is not { Count: > 0 } endpoints)
            return null;
        foreach (var one in endpoints)
        {
            var type = one.Name.Split('/')[0];
            var unit = Services.UnitOf(type, situation);
            var isElsewhere = endpoints.Any(e =>
                e.Name != one.Name && e.Name.StartsWith($"{type}/", StringComparison.Ordinal) && IsWell(e)
            );
            var isAbsent = one.Result == "absent";
            var isOther = one.Number is 404;
            var isWrong = one.IsDead && (isElsewhere || (one.Result != "timeout" && unit is { IsActive: true, IsStopped: false }));
            if (!isAbsent && !isOther && !isWrong)
                continue;
            return new Finding(
                Kind,
                one.Name,
                isAbsent || isElsewhere ? Certainty.Sure : Certainty.Likely,
                isAbsent ? $"the catalog has no endpoint of type {type}"
                    : isOther ? "something else than this service answers at the endpoint"
                    : "the catalog sends clients to where nothing answers, and the service runs"
            )
            {
                Evidence = Quotes.All(
                    one.Quote(),
                    endpoints
                        .FirstOrDefault(e => e != one && e.Name.StartsWith($"{type}/", StringComparison.Ordinal) && IsWell(e))
                        ?.Quote(),
                    isAbsent ? null : unit?.QuoteState()
                ),
                Heals = "It restores endpoints that are described.",
                Remedy = "`cloudlet apply`, or `openstack endpoint list --service TYPE`, then `openstack endpoint set --url … ID`.",
            };
        }

        return null;
    }

    private static bool IsWell(Probe endpoint) => endpoint.Number is < 500 and not 404;
}

/// <summary>A service of the catalog that does not answer, or answers that it cannot.</summary>
internal sealed class EndpointUnreachable : ICause
{
    public CauseKind Kind => CauseKind.EndpointUnreachable;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.MetadataUnreachable, .. Consequences.OfCloud];

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Endpoints?.Where(e => e.IsDead || e.Number >= 500).ToList() is not { Count: > 0 } dead)
            return null;
        var type = dead[0].Name.Split('/')[0];
        var unit = Services.UnitOf(type, situation);
        return new Finding(
            Kind,
            type,
            Certainty.Sure,
            dead[0].Result == "timeout"
                ? $"the service {type} accepts connections or packets, and does not answer"
                : $"the service {type} does not answer"
        )
        {
            Evidence = Quotes.All([.. dead.Take(3).Select(e => e.Quote()), unit?.QuoteState()]),
            Heals = "It starts the unit where that is described, and restarts one that hangs.",
            Remedy = $"See {(unit is null ? "the service on the host of that URL" : $"`systemctl status {unit.Name}`")} and its log.",
        };
    }
}

/// <summary>Which unit is behind which endpoint.</summary>
internal static class Services
{
    /// <summary>The unit of a type of service on this host; null: it has none.</summary>
    public static UnitState? UnitOf(string type, Situation situation) =>
        type switch
        {
            "identity" => situation.Units.GetValueOrDefault("keystone.service"),
            "image" => situation.Units.GetValueOrDefault("glance-api.service"),
            "placement" => situation.Units.GetValueOrDefault("placement-api.service"),
            "compute" => situation.Units.GetValueOrDefault("nova-api.service"),
            "network" => situation.Units.GetValueOrDefault("neutron-server.service"),
            _ => null,
        };
}
