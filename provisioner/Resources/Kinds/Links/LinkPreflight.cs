using System.Net;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.OvsBridges;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// Why a link is certain not to become as described: it is missing and never created, the kernel has no driver for it, or a link that it
/// depends on does not support it.
/// </summary>
internal sealed class LinkPreflight(IRouteNetlink links, Plan plan)
{
    /// <summary>Bytes that the outer headers of a vxlan take (RFC 7348), over IPv4 and IPv6.</summary>
    private const int VxlanOverheadV4 = 50;
    private const int VxlanOverheadV6 = 70;

    /// <summary>Kinds of links that have no ports.</summary>
    private static readonly HashSet<string> NoMasters = new(StringComparer.Ordinal)
    {
        "dummy",
        "veth",
        "vlan",
        "vxlan",
        "macvlan",
        "macvtap",
        "ipvlan",
        "ifb",
        "tun",
        "wireguard",
    };

    /// <summary>All reasons; empty: no known reason.</summary>
    public IEnumerable<string> ReasonsAgainst(LinkSpec wanted, LinkSpec? observed)
    {
        if (observed is null && Missing(wanted) is { } missing)
            yield return missing;
        if (observed is not null && observed.Name != wanted.Name && new LinkIdentity(links).ObstacleTo(wanted) is { } inUse)
            yield return inUse;
        foreach (var (name, role) in new[] { (wanted.Parent, "parent"), (wanted.Master, "master") })
            if (!string.IsNullOrEmpty(name) && Described(name) is null && links.Find(name) is null)
                yield return $"{wanted.Id}: its {role} {name} does not exist; declare it in `links`, or check its name with `ip "
                    + $"link`{AltName(name)}";
        if (Mtu(wanted) is { } mtu)
            yield return mtu;
        if (wanted.Master is { Length: > 0 } master && wanted.Kind == LinkKind.Existing && observed?.Master != master)
            foreach (var reason in Port(wanted, master))
                yield return reason;
        if (Ipv6(wanted) is { } ipv6)
            yield return ipv6;
        foreach (var reason in wanted.Kind == LinkKind.Existing ? Gateways(wanted, observed) : [])
            yield return reason;
        foreach (var reason in HeldElsewhere(wanted, observed))
            yield return reason;
    }

    private string? Missing(LinkSpec wanted)
    {
        if (wanted.Kind == LinkKind.Existing)
            return plan.Makes(static c => c.Spec is ModuleSpec) || wanted.After.Contains(OvsBridgeSpec.IdOf(wanted.Name))
                ? null
                : $"{wanted.Id}: there is no link {wanted.Name}, and a link of `kind: existing` is never created{AltName(wanted.Name)}; "
                    + "check its name with `ip link`, or choose a kind that can be created";
        if (links.NameBehind(wanted.Name) is { } real)
            return $"{wanted.Id}: {wanted.Name} is an alternative name of {real}, so no link can have this name; choose another, or "
                + $"`ip link property del dev {real} altname {wanted.Name}`";
        var kind = LinkKinds.NameOf(wanted.Kind);
        if (
            links.CanCreate(kind)
            || plan.InstallsPackages()
            || plan.Makes(c => c.Spec is ModuleSpec module && module.Name == LinkKinds.ModuleOf(wanted.Kind))
        )
            return null;
        return $"{wanted.Id}: this kernel has no driver for links of kind {kind}; load it (`modprobe "
            + $"{LinkKinds.ModuleOf(wanted.Kind)}`, or `modules` in the site file), "
            + "install the package with this kernel's modules, or choose another kind";
    }

    private string AltName(string name) =>
        links.NameBehind(name) is { } real ? $" ({name} is an alternative name of {real}: use {real})" : "";

    private LinkSpec? Described(string name) => plan.Desired.Resources.OfType<LinkSpec>().FirstOrDefault(l => l.Name == name);

    private string? Mtu(LinkSpec wanted)
    {
        if (wanted.Mtu is not { } mtu)
            return null;
        if (
            links.Find(wanted.Name) is { } link
            && (wanted.Kind == LinkKind.Existing || LinkObservation.KindOf(link) == wanted.Kind)
            && (mtu < link.MinMtu || mtu > link.MaxMtu)
        )
            return $"{wanted.Id}: the driver of {wanted.Name} does not support an MTU of {mtu}, only {link.MinMtu ?? 0} to "
                + $"{link.MaxMtu?.ToString() ?? "any"}; choose one in this range";
        if (wanted.Parent is not { } parent || (Described(parent)?.Mtu ?? links.Find(parent)?.Mtu) is not { } below)
            return null;
        var most =
            below
            - (
                wanted.Kind != LinkKind.Vxlan ? 0
                : (wanted.VxlanRemote ?? wanted.VxlanLocal)?.Contains(':') == true ? VxlanOverheadV6
                : VxlanOverheadV4
            );
        return mtu > most
            ? $"{wanted.Id}: its MTU of {mtu} exceeds the {most} that its parent {parent} (MTU {below}) can carry; raise that, or "
                + "lower this MTU"
            : null;
    }

    /// <summary>What the kernel refuses as a port of a bridge; the links that we create are accepted.</summary>
    private IEnumerable<string> Port(LinkSpec wanted, string master)
    {
        if (
            links.Find(master) is { } above
            && Described(master) is null or { Kind: LinkKind.Existing }
            && (above.Kind is null || NoMasters.Contains(above.Kind))
        )
            yield return $"{wanted.Id}: {master} is a {above.Kind ?? "network card"}, which has no ports; name a bridge";
        if (links.Find(wanted.Name) is not { } port)
            yield break;
        foreach (var reason in CutOff(wanted, port, Described(master)))
            yield return reason;
        if (!port.IsEthernet || port.Mac is null)
            yield return $"{wanted.Id}: {wanted.Name} carries no Ethernet frames, so it cannot be a port of {master}";
        if (port.Kind == "bridge")
            yield return $"{wanted.Id}: {wanted.Name} is a bridge itself, and the kernel does not accept a bridge as a port of another; "
                + "connect them with a veth";
        if (links.Dump().Links.FirstOrDefault(l => l.Kind is "macvlan" or "macvtap" or "ipvlan" && l.Lower == port.Index) is { } on)
            yield return $"{wanted.Id}: the {on.Kind} {on.Name} is on top of {wanted.Name}, so it cannot be a port of {master}; put "
                + $"the {on.Kind} on the bridge";
    }

    /// <summary>
    /// What a card has and its bridge does not take over: addresses of a port are unreachable, and so the host could be cut off.
    /// </summary>
    private static IEnumerable<string> CutOff(LinkSpec wanted, LinkInfo port, LinkSpec? bridge)
    {
        var name = wanted.Master;
        var moving = bridge is null ? [] : BridgeTakeover.Held(port, bridge);
        foreach (var address in port.Addresses.Where(a => a.Scope == "global" && (a.Permanent || !a.Address.Contains(':'))))
            if (!moving.Contains(address) && !IsGivenUp(wanted, address))
                yield return $"{wanted.Id}: {port.Name} has {address.Cidr}, which is unreachable once it is a port of {name}; "
                    + $"describe the address on {name}, or remove it from {port.Name} first";
            else if (moving.Contains(address) && !address.Permanent)
                yield return $"{wanted.Id}: {port.Name} has {address.Cidr} from DHCP, whose client would give it back to {port.Name} "
                    + $"while {name} has it too; configure {port.Name} without DHCP first";
        foreach (
            var route in BridgeTakeover
                .RoutesOf(port)
                .Where(r => r.Protocol != RouteInfo.OwnProtocol && bridge?.Routes?.Any(w => w.To == r.Destination) != true)
        )
            yield return $"{wanted.Id}: the route to {route.Destination}{(route.Gateway is { } via ? $" via {via}" : "")} through "
                + $"{port.Name} would be lost once it is a port of {name}; describe it on "
                + $"{name} (`routes`), or remove it "
                + "first";
    }

    private static bool IsGivenUp(LinkSpec wanted, AddressInfo address) =>
        wanted is { ForeignAddresses: ForeignAddresses.Remove, Addresses: { } kept }
        && LinkObservation.IsGiven(address)
        && !kept.Contains(address.Cidr);

    /// <summary>
    /// With onlink, the kernel accepts a gateway outside every network of a link; if it is mistyped, the route leads
    /// nowhere.
    /// </summary>
    private IEnumerable<string> Gateways(LinkSpec wanted, LinkSpec? observed)
    {
        if (links.Find(wanted.Name) is not { } link)
            yield break;
        foreach (
            var route in (wanted.Routes ?? []).Where(r =>
                r is { Via.Length: > 0, OnLink: not true } && observed?.Routes?.Contains(r) != true
            )
        )
        {
            var gateway = IPAddress.Parse(route.Via!);
            var networks = link
                .Addresses.Where(a => a.Scope == "global")
                .Select(a => a.Cidr)
                .Concat(wanted.Addresses ?? [])
                .Distinct()
                .Select(a => IpPrefix.TryParse(a, out var prefix, out _) ? prefix : default)
                .Where(p => p.Address is not null && p.Length < p.MaxLength && p.Address.AddressFamily == gateway.AddressFamily)
                .ToList();
            if (networks.Count > 0 && !gateway.IsIPv6LinkLocal && !networks.Exists(p => p.Contains(gateway)))
                yield return $"{wanted.Id}: the gateway {route.Via} is not in any network of {wanted.Name} "
                    + $"({string.Join(", ", networks.Select(p => p.Network))}); correct it, or "
                    + "set `onLink: true` if it is a "
                    + "neighbour on the link anyway";
        }
    }

    /// <summary>An address on another described link that keeps it would be on both links.</summary>
    private IEnumerable<string> HeldElsewhere(LinkSpec wanted, LinkSpec? observed)
    {
        if (
            (wanted.Addresses ?? [])
                .Where(a => !a.StartsWith("fe80:", StringComparison.Ordinal) && observed?.Addresses?.Contains(a) != true)
                .ToList()
            is not { Count: > 0 } added
        )
            yield break;
        foreach (
            var other in links
                .Dump()
                .Links.Where(l =>
                    l.Name != wanted.Name
                    && Described(l.Name) is { ForeignAddresses: ForeignAddresses.Keep }
                    && wanted.TakesOver?.Contains(l.Name) != true
                )
        )
        foreach (var address in BridgeTakeover.Held(other, wanted with { Addresses = added }))
            yield return $"{wanted.Id}: {address.Cidr} is on {other.Name}, whose description keeps it, so both would have it; take "
                + $"it off {other.Name} (`foreignAddresses: remove` there), or choose "
                + "another address";
    }

    private string? Ipv6(LinkSpec wanted)
    {
        if (wanted.Addresses?.FirstOrDefault(static a => a.Contains(':')) is not { } address)
            return null;
        if (wanted.Kind == LinkKind.Existing && links.Find(wanted.Name)?.Ipv6 is { Disabled: true })
            return $"{wanted.Id}: {wanted.Name} cannot have the IPv6 address ({address}), because net.ipv6.conf.{wanted.Name}.disable_ipv6 "
                + "is 1; set it to 0 where it was set, or describe no IPv6 address";
        return links.Find("lo") is { Ipv6: null }
            ? $"{wanted.Id}: this kernel runs without IPv6, so {address} cannot be on a link; boot it with IPv6 (ipv6.disable=0), or "
                + "describe no IPv6 address"
            : null;
    }
}
