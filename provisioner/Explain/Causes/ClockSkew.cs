using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>The difference between a report's time and now decides whether a service is up, in both directions.</summary>
internal sealed class ClockSkew : ICause
{
    /// <summary>Seconds; a smaller difference changes no decision of Nova or Neutron.</summary>
    private const double Worth = 10;

    public CauseKind Kind => CauseKind.ClockSkew;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.ServiceHung, CauseKind.AgentDead, CauseKind.CellsDown, CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        if (situation.Clock is not { } clock || Math.Abs(clock.OffsetSeconds) - clock.DoubtSeconds < Worth)
            return null;
        var least = Math.Abs(clock.OffsetSeconds) - clock.DoubtSeconds;
        return new Finding(
            Kind,
            situation.Host,
            CertaintyOf(least, situation),
            $"the clock is {Math.Abs(clock.OffsetSeconds):0} s {(clock.OffsetSeconds > 0 ? "ahead of" : "behind")} the API's; Nova "
                + $"considers a service down after {situation.ServiceDownSeconds} s"
        )
        {
            Evidence = Quotes.All(new Evidence(ExhibitIds.Clock, clock.Quote), situation.Compute?.Quote()),
            Heals = "Nothing: it does not set the clock.",
            Remedy = "Repair time synchronization (`chronyc sources`, `timedatectl`) on the host with the wrong time, maybe a controller.",
        };
    }

    /// <summary>A record that still looks fresh was stamped by another clock: the conductor's.</summary>
    private static Certainty CertaintyOf(double seconds, Situation situation)
    {
        if (situation.Compute?.IsUp == true || seconds < situation.ServiceDownSeconds / 2.0)
            return Certainty.Possible;
        return seconds > situation.ServiceDownSeconds ? Certainty.Sure : Certainty.Likely;
    }
}
