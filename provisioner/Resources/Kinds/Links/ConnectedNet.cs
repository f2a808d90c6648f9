using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// A network of described addresses whose route is not the one that the kernel creates for the first of them: that route was deleted, or
/// replaced by one with another source address.
/// </summary>
/// <param name="Described">The first described address of the network on the link.</param>
/// <param name="Route">The route that the kernel creates.</param>
/// <param name="Instead">The source of the present route; null: there is none.</param>
internal sealed record ConnectedNet(AddressInfo Described, RouteInfo Route, string? Instead)
{
    /// <summary>IP6_RT_PRIO_ADDRCONF: the metric of the kernel's routes for IPv6 addresses.</summary>
    private const int Ipv6Metric = 256;

    /// <summary>The networks whose route is missing or different.</summary>
    /// <remarks>
    /// A route to the network with another metric is enough (DHCP clients create one); a described one is reported as a route. Ports and
    /// links that are down have none. On a link that was there before us, an address that deliberately has no route (noprefixroute) stays
    /// without one.
    /// </remarks>
    public static IReadOnlyList<ConnectedNet> Broken(LinkInfo link, LinkSpec desired)
    {
        var broken = new List<ConnectedNet>();
        if (link is not { Up: true, Master: null } || desired.Addresses is not { Count: > 0 } wanted)
            return broken;
        foreach (var net in link.Addresses.Where(a => !IsOfOneHost(a)).GroupBy(a => NetOf(a.Cidr), StringComparer.Ordinal))
        {
            // The kernel's route has the first of the network's addresses as its source.
            var first = net.First();
            var isV6 = IsV6(first.Address);
            if (net.FirstOrDefault(a => wanted.Contains(a.Cidr)) is not { } described || !MakesRoute(isV6 ? described : first, desired))
                continue;
            if (desired.Routes?.Any(r => r.To == net.Key) == true)
                continue;
            var source = isV6 ? null : first.Address;
            var there = link.Routes.Where(r => r.Gateway is null && r.Destination == net.Key).ToList();
            if (!there.Exists(r => r.Source == source))
                broken.Add(
                    new(
                        described,
                        new(net.Key)
                        {
                            Source = source,
                            Metric = isV6 ? Ipv6Metric : null,
                            Protocol = RouteInfo.KernelProtocol,
                        },
                        there.Count == 0 ? null : there[0].Source ?? "any address"
                    )
                );
        }

        return broken;
    }

    /// <summary>True for an address that brings no route.</summary>
    public static bool IsOfOneHost(AddressInfo address) => address.PrefixLength == (IsV6(address.Address) ? 128 : 32);

    /// <summary>The network of an address with prefix length, in the form of route destinations.</summary>
    public static string NetOf(string cidr) => IpPrefix.TryParse(cidr, out var prefix, out _) ? prefix.Network.ToString() : cidr;

    /// <summary>As an element of the observed set of addresses.</summary>
    public override string ToString() =>
        Instead is null
            ? $"{Described.Cidr} without the route to its network"
            : $"{Described.Cidr} with a route to its network from {Instead}";

    private static bool MakesRoute(AddressInfo address, LinkSpec desired) =>
        !address.HasPeer && (!address.NoPrefixRoute || LinkKinds.IsCreated(desired.Kind));

    private static bool IsV6(string address) => address.Contains(':');
}
