using Cloudlet.DesiredState.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Links;

/// <summary>Which routes of a link are ours, and the way from those to the wanted ones.</summary>
internal static class LinkRoutes
{
    /// <summary>Ours are those with our protocol number, and those that are wanted, whoever installed them.</summary>
    /// <param name="link">The link as it is now.</param>
    /// <param name="wanted">The routes that ours should be.</param>
    /// <param name="bridge">The bridge of an agent that took the link's routes over, or null.</param>
    public static RouteSpec[] Of(LinkInfo link, IReadOnlyList<RouteSpec> wanted, LinkInfo? bridge)
    {
        var routes = new List<RouteSpec>();
        foreach (var route in link.Routes)
        {
            if (wanted.FirstOrDefault(w => IsSame(w, route)) is { } meant)
                routes.Add(meant);
            else if (route.Protocol == RouteInfo.OwnProtocol)
                routes.Add(new RouteSpec { To = route.Destination, Via = route.Gateway, Metric = route.Metric, Source = route.Source });
        }

        routes.AddRange(wanted.Where(w => bridge?.Routes.Any(r => IsSame(w, r)) == true));
        return [.. routes.Distinct().OrderBy(r => r.To, StringComparer.Ordinal).ThenBy(r => r.Metric)];
    }

    /// <summary>Removes our routes that are not wanted, then adds the missing ones.</summary>
    /// <param name="links">The kernel.</param>
    /// <param name="link">The link as it is now.</param>
    /// <param name="wanted">The routes that ours should be.</param>
    /// <param name="id">Id of the resource, for messages.</param>
    public static void Apply(IRouteNetlink links, LinkInfo link, IReadOnlyList<RouteSpec> wanted, string id)
    {
        var missing = wanted.Where(w => !link.Routes.Any(r => IsSame(w, r))).ToList();

        // First what goes: the kernel removes by destination and metric, and must not take a new route for an old one. A route of equal key is replaced in one step instead.
        foreach (var extra in link.Routes.Where(r => r.Protocol == RouteInfo.OwnProtocol && !wanted.Any(w => IsSame(w, r))))
            if (!missing.Any(m => HasKeyOf(m, extra)))
                links.RemoveRoute(link.Index, extra);
        if (missing.Count == 0)
            return;
        var all = links.Dump();
        foreach (var route in missing)
        {
            RefuseToReplaceForeign(all, route, id);
            links.AddRoute(link.Index, new RouteInfo(route.To) { Gateway = Text(route.Via), OnLink = route.IsViaNeighbour(link.Addresses.Select(a => a.Cidr)), Metric = route.Metric, Source = Text(route.Source) });
        }
    }

    /// <summary>The kernel would let our route take the place of somebody else's with the same destination and metric.</summary>
    private static void RefuseToReplaceForeign(NetworkSnapshot all, RouteSpec wanted, string id)
    {
        foreach (var link in all.Links)
            foreach (var route in link.Routes)
                if (route.Protocol != RouteInfo.OwnProtocol && HasKeyOf(wanted, route))
                {
                    var via = route.Gateway is { } gateway ? $" via {gateway}" : "";
                    throw new CloudletException(
                        ErrorKind.AlreadyExists,
                        $"{id}: a route to {wanted.To}{via} through {link.Name} with the same metric is there, and it is not ours (protocol {route.Protocol}); give this one another metric");
                }
    }

    private static bool IsSame(RouteSpec wanted, RouteInfo route) =>
        HasKeyOf(wanted, route)
        && Text(wanted.Via) == route.Gateway
        && (Text(wanted.Source) is not { } source || source == route.Source);

    private static bool HasKeyOf(RouteSpec wanted, RouteInfo route) => wanted.To == route.Destination && Metric(wanted.To, wanted.Metric) == Metric(route.Destination, route.Metric);

    /// <summary>The kernel's default is 1024 for IPv6 and 0 for IPv4, and 0 asks for the default.</summary>
    private static int Metric(string destination, int? metric) => metric is { } given and not 0 ? given : destination.Contains(':') ? 1024 : 0;

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
