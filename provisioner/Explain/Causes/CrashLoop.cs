using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>A unit that systemd restarts again and again, or has given up on.</summary>
internal sealed class CrashLoop : ICause
{
    /// <summary>This many restarts by systemd are no accident.</summary>
    public const int Many = 3;

    /// <summary>The compute service first, since without it nothing else matters.</summary>
    private static readonly string[] Units =
    [
        Situation.ComputeUnit,
        "nova-conductor.service",
        "nova-scheduler.service",
        "nova-api.service",
        "placement-api.service",
        "neutron-linuxbridge-agent.service",
        "neutron-openvswitch-agent.service",
        "libvirtd.service",
    ];

    public CauseKind Kind => CauseKind.CrashLoop;

    public IReadOnlyList<CauseKind> Explains =>
        [CauseKind.CellsDown, CauseKind.ServiceDown, CauseKind.ServiceHung, CauseKind.AgentDead, CauseKind.FilteredOut];

    public Finding? Find(Situation situation) =>
        Units
            .Select(u => situation.Units.GetValueOrDefault(u))
            .OfType<UnitState>()
            .Select(u => Found(u, situation))
            .FirstOrDefault(f => f is not null);

    private Finding? Found(UnitState unit, Situation situation)
    {
        var isOften = unit.Restarts >= Many;
        var gaveUp = unit.Result == "start-limit-hit";
        if (!unit.IsBetweenStarts && !gaveUp && !(isOften && !unit.IsActive))
            return null;
        var service = unit.Name[..unit.Name.LastIndexOf('.')];
        var last = situation
            .Logs.GetValueOrDefault(service)
            ?.Of(pid: null)
            .LastOrDefault(l => l.HasAny(["ERROR", "CRITICAL", "Traceback", "Error:"]));
        return new Finding(
            Kind,
            unit.Name,
            isOften || gaveUp ? Certainty.Sure : Certainty.Likely,
            $"{unit.Name} exits soon after each "
                + $"start{(unit.Restarts is { } count ? $" ({count} restarts)" : "")}{(gaveUp ? ", and systemd has given up" : "")}"
        )
        {
            Evidence = Quotes.All(unit.QuoteState(), last?.Quote()),
            Heals =
                "It starts the unit a few times at growing intervals, then gives up and raises an alarm; it tries again when "
                + "its files change.",
            Remedy = $"`journalctl --unit={unit.Name}` and its log show why it exits.",
        };
    }
}
