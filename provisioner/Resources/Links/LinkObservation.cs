using Cloudlet.DesiredState.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Links;

/// <summary>What the kernel reports of a link → the words of a <see cref="LinkSpec"/>.</summary>
internal static class LinkObservation
{
    /// <summary>The link as a spec, with every property that can be seen.</summary>
    /// <param name="link">What the kernel reported.</param>
    /// <param name="desired">What is wanted: names the link, and says which of two equal ways to write a route or which automatic address is meant.</param>
    /// <param name="find">Finds another link by name; null: what agents moved to a bridge does not count.</param>
    /// <exception cref="CloudletException">InvalidInput: a network card or the loopback link stands where a virtual link is wanted.</exception>
    public static LinkSpec Of(LinkInfo link, LinkSpec desired, Func<string, LinkInfo?>? find)
    {
        var bridge = AgentsBridge.Of(link, desired, find);
        var kind = KindOf(link);
        if (desired.Kind != LinkKind.Existing && link.Kind is null)
            throw Hardware(link.Name, desired.Kind);
        var isCable = kind == LinkKind.Veth;
        return desired with
        {
            Kind = desired.Kind == LinkKind.Existing ? LinkKind.Existing : kind ?? LinkKind.Existing,
            Parent = kind is LinkKind.Vlan or LinkKind.Macvlan or LinkKind.Vxlan ? link.LowerName : null,

            // An end that was given to a guest or a container has no name here. It is still the other end: to make the cable anew would cut the guest off.
            Peer = isCable ? link.LowerName ?? desired.Peer : null,
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
            Master = link.MasterName ?? "",
            Addresses = AddressesOf(link, desired, bridge),
            Routes = LinkRoutes.Of(link, desired.Routes ?? [], bridge),
        };
    }

    /// <summary>The kind of a link that is there; null for one that we cannot make.</summary>
    public static LinkKind? KindOf(LinkInfo link) => link.Kind switch
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

    /// <summary>The error of who asks to make, replace or delete a network card.</summary>
    public static CloudletException Hardware(string name, LinkKind? wanted) => new(
        ErrorKind.InvalidInput,
        $"link:{name}: {(wanted is { } kind ? $"a {LinkKinds.NameOf(kind)} is wanted, but " : "")}{name} is a network card or the loopback link, and those are never replaced or deleted; "
        + "choose another name, or describe it with `kind: existing`");

    /// <summary>True for addresses that an administrator gave: not from DHCP or router advertisements, and none that the kernel makes by itself.</summary>
    public static bool IsGiven(AddressInfo address) => address.Permanent && address.Scope != "host" && !IsLinkLocalV6(address);

    private static string[] AddressesOf(LinkInfo link, LinkSpec desired, LinkInfo? bridge) =>
    [
        .. link.Addresses
            .Where(a => IsGiven(a) || (a.Permanent && desired.Addresses?.Contains(a.Cidr) == true))
            .Concat(bridge is null ? [] : bridge.Addresses.Where(a => desired.Addresses?.Contains(a.Cidr) == true))
            .Select(a => a.Cidr).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>fe80::/10: its first ten bits reach from fe80 to febf.</summary>
    private static bool IsLinkLocalV6(AddressInfo address) =>
        address.Address.StartsWith("fe", StringComparison.Ordinal) && address.Address.Length > 4 && address.Address[2] is '8' or '9' or 'a' or 'b' && address.Address[4] == ':';
}
