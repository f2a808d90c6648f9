using System.Net;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Nova only warns about an absent my_ip and continues; Neutron's agents exit when one of their links is missing.</summary>
internal sealed class LinkMissing : ICause
{
    public CauseKind Kind => CauseKind.LinkMissing;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.BrokerUnreachable,
            CauseKind.StaleProcess,
            CauseKind.CrashLoop,
            CauseKind.ServiceHung,
            CauseKind.AgentDead,
            CauseKind.FilteredOut,
        ];

    public Finding? Find(Situation situation)
    {
        if (situation.Links is not { } links)
            return null;
        var missing = Links(situation).Where(l => links.All(known => known.Name != l.Link)).ToList();
        var address = situation.Nova["DEFAULT.my_ip"];
        var isAddressMissing =
            IpText.Parse(address?.Value) is { } ip && !ip.Equals(IPAddress.Any) && !links.Any(l => l.Addresses.Contains(ip));
        if (missing.Count == 0 && !isAddressMissing)
            return null;
        var what = (string[])[.. missing.Select(m => m.Link).Distinct(), .. isAddressMissing ? [address!.Value] : Array.Empty<string>()];
        var there = string.Join(
            ", ",
            links.Select(l => $"{l.Name}{(l.Addresses.Count == 0 ? "" : $" ({string.Join(' ', l.Addresses)})")}")
        );
        return new Finding(
            Kind,
            what[0],
            Certainty.Sure,
            $"the configuration names {string.Join(" and ", what)}, which the host does not have"
        )
        {
            Evidence = Quotes.All([
                .. missing.Select(m => m.Option.Quote()).Distinct(),
                .. missing.Select(m => m.Agent?.QuoteState()).Distinct(),
                isAddressMissing ? address!.Quote() : null,
                new Evidence(ExhibitIds.Links, $"there are {there}"),
            ]),
            Heals = "It recreates described links and addresses within moments, then restarts the services that started without them.",
            Remedy = "Describe the link in the site file (`links:`), or correct the option; `cloudlet plan` shows what is missing.",
        };
    }

    /// <summary>Links that options name; an agent's only where the host is meant to run that agent.</summary>
    private static IEnumerable<(string Link, OsloOption Option, UnitState? Agent)> Links(Situation situation)
    {
        foreach (var option in (OsloOption?[])[situation.Nova["DEFAULT.flat_interface"], situation.Nova["DEFAULT.public_interface"]])
        {
            if (option is not null)
                yield return (option.Value, option, null);
        }

        foreach (
            var (unit, name) in new[]
            {
                (PluggingAgents.LinuxBridge, "linux_bridge.physical_interface_mappings"),
                (PluggingAgents.OpenVSwitch, "ovs.bridge_mappings"),
            }
        )
        {
            if (!PluggingAgents.IsUsed(unit, situation) || situation.Neutron[name] is not { } option)
                continue;
            foreach (var pair in option.Value.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (pair.Split(':', 2, StringSplitOptions.TrimEntries) is [_, { Length: > 0 } link])
                    yield return (link, option, situation.Units.GetValueOrDefault(unit));
            }
        }
    }
}
