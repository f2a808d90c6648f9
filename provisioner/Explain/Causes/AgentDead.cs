using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Neutron refuses to bind a port to a dead agent, so every server with a network fails on this host.</summary>
internal sealed class AgentDead : ICause
{
    private static readonly string[] Units = ["neutron-linuxbridge-agent.service", "neutron-openvswitch-agent.service"];

    public CauseKind Kind => CauseKind.AgentDead;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        var host = situation.Neutron["DEFAULT.host"]?.Value ?? situation.Names?.Name ?? situation.Host;
        var own = situation.Agents?.Where(a => a.PlugsServers && (a.Host == host || a.Host == situation.Host)).ToList();
        var dead = own?.FirstOrDefault(a => !a.IsAlive || !a.IsEnabled);
        var unit = Units.Select(u => situation.Units.GetValueOrDefault(u)).FirstOrDefault(u => u is { IsDown: true } && IsMeant(u, own));
        var said = situation.ComputeLog.LastOrDefault(l => l.HasAny(["Binding failed for port", "PortBindingFailed"]));
        if (dead is null && unit is null)
            return null;
        var isDisabled = dead is { IsAlive: true, IsEnabled: false };
        return new Finding(Kind, dead?.Binary ?? unit!.Name, dead is not null || unit is { ActiveState: "failed" } ? Certainty.Sure : Certainty.Likely,
            isDisabled ? "an operator disabled the Neutron agent that plugs servers in" : "the Neutron agent that plugs servers in does not work: Neutron binds no port on this host")
        {
            Evidence = Quotes.All(dead?.Quote(), unit?.QuoteState(), said?.Quote()),
            Heals = isDisabled
                ? "Nothing, on purpose: what an operator disabled, only an operator enables."
                : "It heals the links that the agent needs, then starts the agent where its unit is described.",
            Remedy = isDisabled
                ? "If the reason is over: `openstack network agent set --enable`."
                : $"See why it is dead: `journalctl --unit={unit?.Name ?? $"{dead!.Binary}.service"}`; a missing link ends it.",
        };
    }

    /// <summary>A package may bring an agent that this host does not use: then it is enabled nowhere, and Neutron knows nothing of it.</summary>
    private static bool IsMeant(UnitState unit, IReadOnlyList<NeutronAgent>? own) => own is { Count: > 0 }
        ? own.Any(a => unit.Name.StartsWith(a.Binary, StringComparison.Ordinal))
        : !unit.IsMasked && unit.UnitFileState != "disabled";
}
