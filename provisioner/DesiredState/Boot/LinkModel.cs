using Cloudlet.DesiredState.Kinds.Links;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Boot;

/// <summary>A link as the templates of templates/boot see it.</summary>
internal sealed class LinkModel(BootHost host)
{
    /// <summary>rtm_protocol that marks routes as ours, here and where they are applied.</summary>
    private const int OwnProtocol = 199;

    private readonly Dictionary<string, LinkSpec> _links = host.Links.ToDictionary(
        l => l.Link.Name,
        l => (LinkSpec)Canonical.Sort(l.Link),
        StringComparer.Ordinal
    );

    /// <summary>All properties that a template may use; what a link does not have is null.</summary>
    public ScriptObject Of(BootLink boot)
    {
        var link = _links[boot.Link.Name];
        var peerMac = link.Peer is { } peer ? MacOf(peer) : null;
        return new ScriptObject
        {
            ["name"] = link.Name,
            ["kind"] = LinkKinds.NameOf(link.Kind),
            ["is_created"] = LinkKinds.IsCreated(link.Kind),
            ["parent"] = link.Parent,
            ["peer"] = link.Peer,
            ["peer_mac"] = peerMac,
            ["make"] = IpCommand.Make(link, peerMac),
            ["vlan_id"] = link.VlanId,
            ["vxlan_id"] = link.VxlanId,
            ["vxlan_local"] = link.VxlanLocal,
            ["vxlan_remote"] = link.VxlanRemote,
            ["vxlan_is_group"] = link.VxlanRemote is { } remote && IpCommand.IsMulticast(remote),
            ["vxlan_port"] = link.VxlanPort,
            ["macvlan_mode"] = link.MacvlanMode,
            ["stp"] = link.BridgeStp,
            ["mac"] = link.Mac,
            ["mtu"] = link.Mtu,
            ["up"] = link.Up,
            // A created link is not promiscuous by default, so that needs no command at boot.
            ["promiscuous"] = link.Promiscuous == false && LinkKinds.IsCreated(link.Kind) ? null : link.Promiscuous,
            ["accepts_ra"] = boot.AcceptsRa,
            ["master"] = link.Master is "" ? null : link.Master,
            ["yields"] = link.Yields == true,
            ["bridge_addresses"] = new ScriptArray((link.Yields == true ? _links[link.Master!].Addresses ?? [] : []).Select(Address)),
            ["bridge_routes"] = new ScriptArray(
                (link.Yields == true ? _links[link.Master!].Routes ?? [] : []).Select(r => Route(r, _links[link.Master!]))
            ),
            ["takes_over"] = new ScriptArray(link.TakesOver ?? []),
            ["addresses"] = new ScriptArray((link.Addresses ?? []).Select(Address)),
            ["has_v6"] = link.Addresses?.Any(IsV6) == true,
            ["routes"] = new ScriptArray((link.Routes ?? []).Select(r => Route(r, link))),
            ["keeps_foreign"] = link.ForeignAddresses == ForeignAddresses.Keep,
            ["required"] = boot.RequiredForOnline,
            ["protocol"] = OwnProtocol,
        };
    }

    // The other end of the pair may be undeclared; it still gets the same address at every boot.
    private string? MacOf(string peer) => _links.TryGetValue(peer, out var declared) ? declared.Mac : StableMac.Of(host.Name, peer);

    private static ScriptObject Address(string cidr) => new() { ["cidr"] = cidr, ["is_v6"] = IsV6(cidr) };

    private static ScriptObject Route(RouteSpec route, LinkSpec link) =>
        new()
        {
            ["to"] = route.To,
            ["is_v6"] = IsV6(route.To),
            ["via"] = route.Via,
            ["metric"] = route.Metric,
            ["source"] = route.Source,
            ["on_link"] = route.IsViaNeighbour(link.Addresses ?? []),
            ["command"] = IpCommand.Route(route, link.Name, route.IsViaNeighbour(link.Addresses ?? []), OwnProtocol),
        };

    private static bool IsV6(string text) => text.Contains(':');
}
