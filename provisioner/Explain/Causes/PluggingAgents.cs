using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Neutron's agents that plug servers in, and which of them a host uses.</summary>
internal static class PluggingAgents
{
    public const string LinuxBridge = "neutron-linuxbridge-agent.service";

    public const string OpenVSwitch = "neutron-openvswitch-agent.service";

    /// <summary>OVN's part on a host.</summary>
    public const string Ovn = "ovn-controller.service";

    public static IReadOnlyList<string> Units { get; } = [LinuxBridge, OpenVSwitch, Ovn];

    /// <summary>What Neutron knows of this host's agents; null when that is unknown.</summary>
    public static IReadOnlyList<NeutronAgent>? Recorded(Situation situation)
    {
        var host = situation.Neutron["DEFAULT.host"]?.Value ?? situation.Names?.Name ?? situation.Host;
        return situation.Agents?.Where(a => a.PlugsServers && (a.Host == host || a.Host == situation.Host)).ToList();
    }

    /// <summary>
    /// Whether this host is meant to run an agent. A package may install an agent that the host does not use: then it is not enabled, and
    /// Neutron does not know it. Its configuration may even be installed without it: Debian's neutron-common has the files of every agent,
    /// with the bridge of an example in them.
    /// </summary>
    public static bool IsUsed(string unit, Situation situation) =>
        Recorded(situation) is { Count: > 0 } own
            ? own.Any(a => unit.StartsWith(a.Binary, StringComparison.Ordinal))
            : situation.Units.GetValueOrDefault(unit) is { } known
                && (known.IsActive || (!known.IsMasked && known.UnitFileState != "disabled"));
}
