using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>Converts the kernel's report of a link to a <see cref="LinkSpec"/>.</summary>
internal static class LinkObservation
{
    /// <summary>The link as a spec, with every property that can be observed.</summary>
    /// <param name="link">The kernel's report.</param>
    /// <param name="desired">The description: names the link, and selects between equivalent forms of a route and automatic
    /// addresses.</param>
    /// <param name="find">Finds another link by name; null: ignore what agents moved to a bridge.</param>
    /// <param name="isUsurper">True for a foreign route that replaced one of ours.</param>
    /// <exception cref="CloudletException">InvalidInput: a network card or the loopback link has the name of a described virtual
    /// link.</exception>
    public static LinkSpec Of(LinkInfo link, LinkSpec desired, Func<string, LinkInfo?>? find, Func<RouteInfo, bool>? isUsurper = null)
    {
        var bridge = NeutronBridge.Of(link, desired, find);
        var kind = KindOf(link);
        if (desired.Kind != LinkKind.Existing && link.Kind is null)
            throw Hardware(link.Name, desired.Kind);
        var isCable = kind == LinkKind.Veth;
        return desired with
        {
            Name = link.Name,
            Kind = desired.Kind == LinkKind.Existing ? LinkKind.Existing : kind ?? LinkKind.Existing,
            Parent = kind is LinkKind.Vlan or LinkKind.Macvlan or LinkKind.Vxlan ? NameAs(desired.Parent, link.LowerName, find) : null,

            // An end that was moved to a guest or a container has no name here. It is still the other end: replacing the pair would
            // disconnect the guest.
            Peer = isCable ? NameAs(desired.Peer, link.LowerName, find) ?? desired.Peer : null,
            VlanId = link.Attributes.VlanId,
            VxlanId = link.Attributes.VxlanId,
            VxlanLocal = link.Attributes.VxlanLocal,
            VxlanRemote = link.Attributes.VxlanRemote,
            VxlanPort = link.Attributes.VxlanPort,
            MacvlanMode = link.Attributes.MacvlanMode,
            BridgeStp = link.Attributes.BridgeStp,
            Mac = link.Mac,
            Mtu = link.Mtu,
            Up = link.Up,
            Promiscuous = link.Promiscuous,
            Arp = LinkFlags.HasArp(link, find),
            AllMulticast = link.AllMulticast,
            AcceptRa = desired.AcceptRa is null ? null : LinkAdvertisements.AreTaken(link, desired),
            Master = link.MasterName ?? "",
            TakesOver = desired.TakesOver is { } ports
                ? [.. ports.Where(port => find?.Invoke(port) is not { } card || BridgeTakeover.Held(card, desired).Count == 0)]
                : null,
            Addresses = AddressesOf(link, desired, bridge),
            Routes = LinkRoutes.Of(link, desired.Routes ?? [], bridge, isUsurper),
        };
    }

    /// <summary>The name of a link that this one refers to. A renamed link is still the wanted one.</summary>
    private static string? NameAs(string? wanted, string? actual, Func<string, LinkInfo?>? find) =>
        actual is not null
        && wanted is not null
        && actual != wanted
        && find?.Invoke(actual) is { } other
        && LinkMark.NameOn(other) == wanted
            ? wanted
            : actual;

    /// <summary>The kind of a link; null for one that we cannot create.</summary>
    public static LinkKind? KindOf(LinkInfo link) =>
        link.Kind switch
        {
            "dummy" => LinkKind.Dummy,
            "bridge" => LinkKind.Bridge,
            "veth" => LinkKind.Veth,
            "vlan" => LinkKind.Vlan,
            "vxlan" => LinkKind.Vxlan,
            "macvlan" => LinkKind.Macvlan,
            "tun" when link.Attributes.Tap == true => LinkKind.Tap,
            _ => null,
        };

    /// <summary>The error for an attempt to create, replace or delete a network card.</summary>
    public static CloudletException Hardware(string name, LinkKind? wanted) =>
        new(
            ErrorKind.InvalidInput,
            $"link:{name}: {(wanted is { } kind ? $"a {LinkKinds.NameOf(kind)} is wanted, but " : "")}{name} is a network card or "
                + "the loopback link, and those are never replaced or deleted; "
                + "choose another name, or describe it with `kind: existing`"
        );

    /// <summary>
    /// True for addresses that an administrator set: not from DHCP or router advertisements, and not created by the kernel.
    /// </summary>
    public static bool IsGiven(AddressInfo address) => address.Permanent && address.Scope != "host" && !IsLinkLocalV6(address);

    private static string[] AddressesOf(LinkInfo link, LinkSpec desired, LinkInfo? bridge) =>
        [
            .. link
                .Addresses.Where(a => desired.Addresses?.Contains(a.Cidr) == true ? a.IsLasting : IsGiven(a))
                .Concat(bridge is null ? [] : bridge.Addresses.Where(a => desired.Addresses?.Contains(a.Cidr) == true))
                .Select(a => a.Cidr)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>fe80::/10: its first ten bits reach from fe80 to febf.</summary>
    private static bool IsLinkLocalV6(AddressInfo address) =>
        address.Address.StartsWith("fe", StringComparison.Ordinal)
        && address.Address.Length > 4
        && address.Address[2] is '8' or '9' or 'a' or 'b'
        && address.Address[4] == ':';
}
