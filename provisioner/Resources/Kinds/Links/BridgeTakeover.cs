using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// A bridge that takes over the addresses of a card which becomes its port. While both have the address, the host is unreachable as soon as
/// its neighbours' ARP entries expire: the first route still uses the card, whose frames now belong to the bridge. So joining and moving
/// are one change: the bridge gets the addresses, the card joins, and its routes and addresses are removed at once.
/// </summary>
internal static class BridgeTakeover
{
    /// <summary>The addresses of a card that are described for the bridge.</summary>
    public static IReadOnlyList<AddressInfo> Held(LinkInfo card, LinkSpec bridge) =>
        [.. card.Addresses.Where(a => (bridge.Addresses ?? []).Any(b => IsOf(b, a.Address)))];

    /// <summary>Routes that others made through a card and that need its addresses: as a port, the card routes nothing.</summary>
    public static IEnumerable<RouteInfo> RoutesOf(LinkInfo card) =>
        card.Routes.Where(static r => r.Protocol is not (RouteInfo.KernelProtocol or RouteInfo.AdvertisedProtocol));

    /// <summary>
    /// Moves the addresses and routes of <paramref name="wanted"/> from its ports to it. Safe to repeat from any point where it stopped.
    /// </summary>
    public static void Apply(IRouteNetlink links, LinkInfo bridge, LinkSpec wanted)
    {
        foreach (var name in wanted.TakesOver ?? [])
        {
            if (links.Find(name) is not { } card || Held(card, wanted) is not { Count: > 0 } moving)
                continue;
            if (card.Master != bridge.Index)
                links.Change(card.Index, new LinkChange { Master = bridge.Index });

            // The bridge's own routes replace them; until they are removed, ours would be refused as conflicts with foreign routes.
            // Addresses are removed last: they show a later run that the move is incomplete.
            foreach (var route in RoutesOf(card).Where(r => (wanted.Routes ?? []).Any(w => w.To == r.Destination)))
                links.RemoveRoute(card.Index, route);
            foreach (var address in moving)
                links.RemoveAddress(card.Index, address);
        }
    }

    private static bool IsOf(string cidr, string address) => cidr.StartsWith(address + "/", StringComparison.Ordinal);
}
