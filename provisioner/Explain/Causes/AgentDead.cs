using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Neutron refuses to bind a port to a dead agent, so every server with a network fails on this host.</summary>
internal sealed class AgentDead : ICause
{
    public CauseKind Kind => CauseKind.AgentDead;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        var dead = PluggingAgents.Recorded(situation)?.FirstOrDefault(a => !a.IsAlive || !a.IsEnabled);
        var unit = PluggingAgents
            .Units.Where(u => PluggingAgents.IsUsed(u, situation))
            .Select(u => situation.Units.GetValueOrDefault(u))
            .FirstOrDefault(u => u is { IsDown: true });
        var said = situation.ComputeLog.LastOrDefault(l => l.HasAny(["Binding failed for port", "PortBindingFailed"]));
        if (dead is null && unit is null)
            return null;
        var isDisabled = dead is { IsAlive: true, IsEnabled: false };
        return new Finding(
            Kind,
            dead?.Binary ?? unit!.Name,
            dead is not null || unit is { ActiveState: "failed" } ? Certainty.Sure : Certainty.Likely,
            isDisabled
                ? "an operator disabled the Neutron agent that plugs servers in"
                : "the Neutron agent that plugs servers in does not work: Neutron binds no port on this host"
        )
        {
            Evidence = Quotes.All(dead?.Quote(), unit?.QuoteState(), said?.Quote()),
            Heals = isDisabled
                ? "Nothing, on purpose: only an operator enables what an operator disabled."
                : "It heals the links that the agent needs, then starts the agent where its unit is described.",
            Remedy = isDisabled
                ? "When the reason no longer applies: `openstack network agent set --enable`."
                : $"See why it is dead: `journalctl --unit={unit?.Name ?? $"{dead!.Binary}.service"}`; it exits when a link is missing.",
        };
    }
}
