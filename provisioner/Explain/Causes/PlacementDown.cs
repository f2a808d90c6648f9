using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>The scheduler asks placement first; without it there are no candidates at all.</summary>
internal sealed class PlacementDown : ICause
{
    private const string Unit = "placement-api.service";

    private static readonly string[] Complaints =
    [
        "not responding",
        "ConnectFailure",
        "Unable to establish connection",
        "Connection refused",
        "ServiceUnavailable",
        "HTTP 50",
    ];

    public CauseKind Kind => CauseKind.PlacementDown;

    public IReadOnlyList<CauseKind> Explains =>
        [CauseKind.CrashLoop, CauseKind.ServiceDown, CauseKind.ServiceHung, CauseKind.PlacementProviderMissing, CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        // A refusal is an answer: placement works and denied us access.
        if (situation.Providers is not null || situation.PlacementAnswer is { HttpStatus: not null, IsDead: false })
            return null;
        var dead = situation.PlacementAnswer is { IsDead: true } answer ? answer : null;
        var unit = situation.Units.GetValueOrDefault(Unit) is { IsDown: true } down ? down : null;
        var said = situation.ComputeLog.LastOrDefault(l => l.Has("placement") && l.HasAny(Complaints));
        if (dead is null && unit is null && said is null)
            return null;
        var isLikely =
            unit is not null
            || situation.ComputeUnitState is { IsDown: true }
            || situation is { ComputeUnitState: null, Compute.IsUp: false };
        return new Finding(
            Kind,
            unit?.Name ?? "placement",
            dead is not null ? Certainty.Sure
                : isLikely ? Certainty.Likely
                : Certainty.Possible,
            "placement does not answer: the scheduler finds no candidate, and a compute service that starts now exits"
        )
        {
            Evidence = Quotes.All(dead?.QuoteTrouble(), unit?.QuoteState(), said?.Quote()),
            Heals = unit is null
                ? "Nothing on this host: placement is elsewhere."
                : "It starts the unit where that is described, then services that have exited since.",
            Remedy = "See why placement does not run: its unit or web server, and its database.",
        };
    }
}
