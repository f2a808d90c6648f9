using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>A flat or VLAN network ends at a bridge that the host does not have.</summary>
internal sealed class MappingMissing : ICause
{
    public CauseKind Kind => CauseKind.MappingMissing;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.BindingFailed, CauseKind.AddressMissing];

    private const string Wanted = "ml2_type_vlan.network_vlan_ranges";

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Switch is not { } all || situation.Cloud.Setting("system-id") is null)
            return null;
        var mappings = all.Where(s => s.Name == "mapping").ToList();
        foreach (var mapping in mappings)
        {
            var bridge = mapping.Result.Split(':', 2)[^1];
            if (!all.Any(s => s.Name == "bridge" && s.Result == bridge))
                return Found(bridge, $"the bridge {bridge} of a physical network does not exist", mapping.Quote(), null);
        }

        var own = situation.Cloud.Chassis?.FirstOrDefault(c => c.Name == situation.Cloud.Setting("system-id")?.Result);
        if (own is not null && mappings.FirstOrDefault(m => own.Mappings?.Split(',').Contains(m.Result) != true) is { } unsaid)
            return Found(
                unsaid.Result.Split(':')[0],
                "the chassis does not tell Neutron about a physical network of this host",
                unsaid.Quote(),
                new Evidence(ExhibitIds.Chassis, own.Line)
            );
        var network = situation.Neutron[Wanted]?.Value.Split(',')[0].Split(':')[0].Trim();
        return network is { Length: > 0 } && !mappings.Any(m => m.Result.StartsWith($"{network}:", StringComparison.Ordinal))
            ? Found(
                network,
                $"the physical network {network} has no bridge on this host",
                situation.Neutron[Wanted]!.Quote(),
                mappings.FirstOrDefault()?.Quote() ?? situation.Cloud.Setting("system-id")!.Quote()
            )
            : null;
    }

    private Finding Found(string subject, string summary, Evidence evidence, Evidence? more) =>
        new(Kind, subject, Certainty.Sure, $"{summary}: its networks do not reach guests here")
        {
            Evidence = Quotes.All(evidence, more),
            Heals = "It restores described bridges and settings of Open vSwitch.",
            Remedy =
                "`cloudlet apply`, or `ovs-vsctl set Open_vSwitch . external_ids:ovn-bridge-mappings=NETWORK:BRIDGE`; with Neutron 21 "
                + "and OVN 23, also restart `cloudlet-ovn-chassis`.",
        };
}

/// <summary>Nova is not root, and plugs guests into Open vSwitch itself.</summary>
internal sealed class SwitchDenied : ICause
{
    public CauseKind Kind => CauseKind.SwitchDenied;

    public IReadOnlyList<CauseKind> Explains =>
        [CauseKind.BindingFailed, CauseKind.ServiceDown, CauseKind.CrashLoop, CauseKind.FilteredOut];

    private const string Option = "os_vif_ovs.ovsdb_connection";

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Setting("socket") is not { } socket)
            return null;
        if (situation.Nova[Option] is not { Value: { } place } option || !place.StartsWith("unix:", StringComparison.Ordinal))
            return null;
        // The mode in octal; its last but one digit is that of the group.
        var isOpen =
            socket.Words is [.., var group, var others] && ((socket.Result == "nova" && (group - '0' & 2) != 0) || (others - '0' & 2) != 0);
        if (isOpen)
            return null;
        return new Finding(
            Kind,
            place["unix:".Length..],
            Certainty.Sure,
            "nova-compute may not use the socket of Open vSwitch: it plugs in no guest"
        )
        {
            Evidence = Quotes.All(socket.Quote(), option.Quote()),
            Heals = "It restarts `ovsdb-server` when its described drop-in is missing.",
            Remedy = "`chgrp nova` and `chmod 770` on the socket now; a drop-in of `ovsdb-server.service` after each start.",
        };
    }
}

/// <summary>Neutron found no agent and no chassis that could carry the port.</summary>
internal sealed class BindingFailed : ICause
{
    public CauseKind Kind => CauseKind.BindingFailed;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.AddressMissing];

    private static readonly string[] Words = ["Binding failed for port", "PortBindingFailed"];

    public Finding? Find(Situation situation)
    {
        var port = situation
            .Cloud.Ports?.Where(p => JsonText.Text(p, "binding:vif_type") == "binding_failed")
            .Select(p => (System.Text.Json.JsonElement?)p)
            .FirstOrDefault();
        var said = situation.ComputeLog.LastOrDefault(l => l.HasAny(Words));
        var fault = Words.Any(w => situation.Server?.Fault?.Contains(w, StringComparison.Ordinal) == true);
        if (port is null && !fault)
            return null;
        return new Finding(
            Kind,
            (port is { } one ? JsonText.Text(one, "id") : null) ?? situation.Server?.Id ?? "port",
            port is null ? Certainty.Likely : Certainty.Sure,
            "Neutron could not bind the port to the host"
        )
        {
            Evidence = Quotes.All(
                port is { } bound
                    ? new Evidence(ExhibitIds.Ports, JsonText.Quote(bound, "id", "binding:host_id", "binding:vif_type", "status"))
                    : null,
                situation.QuoteFault(),
                said?.Quote()
            ),
            Heals = "Nothing: a port is bound again when Nova asks for it.",
            Remedy =
                "Is the agent or chassis of that host alive, and does it have the network's physical network? Then delete the server, "
                + "and request it again.",
        };
    }
}

/// <summary>Guests ask 169.254.169.254 for their keys and names; the way leads through an agent to Nova.</summary>
internal sealed class MetadataUnreachable : ICause
{
    public CauseKind Kind => CauseKind.MetadataUnreachable;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.AddressMissing];

    private static readonly string[] Units =
    [
        "neutron-ovn-metadata-agent.service",
        "neutron-metadata-agent.service",
        "nova-api-metadata.service",
    ];

    public Finding? Find(Situation situation)
    {
        var way = situation.Cloud.Metadata ?? [];
        var unit = Units
            .Select(n => situation.Units.GetValueOrDefault(n))
            .FirstOrDefault(u => u is { IsDown: true, UnitFileState: not ("disabled" or "masked") });
        var dead = way.FirstOrDefault(m => m.IsDead || m.Number >= 500);
        var different = way.FirstOrDefault(m => m is { Name: "shared", Result: "different" });
        if (unit is null && dead is null && different is null)
            return null;
        return new Finding(
            Kind,
            unit?.Name ?? "metadata",
            Certainty.Sure,
            different is not null && unit is null && dead is null
                ? "the agent and Nova do not have the same word in common: Nova refuses each request for metadata"
                : "guests get no metadata: no keys, no name"
        )
        {
            Evidence = Quotes.All(unit?.QuoteState(), dead?.Quote(), different?.Quote()),
            Heals = "It starts described units, and restores described files.",
            Remedy = different is not null
                ? "Make `metadata_proxy_shared_secret` of nova.conf and of the agent's file equal; restart both."
                : "`systemctl status` of the unit on its host; the agent's `nova_metadata_host` names where Nova answers.",
        };
    }
}
