using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>A file was changed and the process not restarted. The process itself shows no sign of that.</summary>
internal sealed class StaleProcess : ICause
{
    private static readonly string[] Units =
    [
        Situation.ComputeUnit,
        "nova-conductor.service",
        "nova-scheduler.service",
        "neutron-linuxbridge-agent.service",
        "neutron-openvswitch-agent.service",
    ];

    /// <summary>Options that do not influence where servers go.</summary>
    private static readonly string[] Harmless = ["DEFAULT.debug", "DEFAULT.log_dir", "DEFAULT.log_file", "DEFAULT.use_journal"];

    public CauseKind Kind => CauseKind.StaleProcess;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.PlacementExhausted, CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        var stale = Units.Select(u => situation.Freshness.GetValueOrDefault(u)).FirstOrDefault(f => f is { IsStale: true });
        // A unit that is down has loaded nothing.
        if (stale is null || situation.Units.GetValueOrDefault(stale.Unit) is { IsDown: true })
            return null;
        var isHarmless = stale.Options.Count > 0 && stale.Options.All(o => Harmless.Contains(o));
        var what = stale.Options.Count > 0 ? $"older values of {string.Join(", ", stale.Options.Take(5))}" : "an older configuration";
        return new Finding(
            Kind,
            stale.Unit,
            isHarmless ? Certainty.Possible
                : stale.IsProven ? Certainty.Sure
                : Certainty.Likely,
            $"the process of {stale.Unit} runs with {what} than its files have"
        )
        {
            Evidence =
            [
                stale.Quote(),
                .. stale.Options.Take(5).Select(o => situation.Nova[o] ?? situation.Neutron[o]).OfType<OsloOption>().Select(o => o.Quote()),
            ],
            Heals =
                "It restarts the unit where that is described with `loads:`, once the files are valid, and verifies that the new "
                + "process has loaded them.",
            Remedy = $"Where healthd does not heal the host: `systemctl restart {stale.Unit}`.",
        };
    }
}
