using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>Determines which routes of a link are ours, and changes them to the wanted ones.</summary>
internal static class LinkRoutes
{
    /// <summary>Our routes: those with our protocol number, and the wanted ones whatever installed them.</summary>
    /// <param name="link">The present link.</param>
    /// <param name="wanted">The wanted routes.</param>
    /// <param name="bridge">The bridge of an agent that took the link's routes over, or null.</param>
    /// <param name="isUsurper">True for a foreign route that replaced one of ours.</param>
    public static RouteSpec[] Of(LinkInfo link, IReadOnlyList<RouteSpec> wanted, LinkInfo? bridge, Func<RouteInfo, bool>? isUsurper = null)
    {
        var routes = new List<RouteSpec>();
        foreach (var route in link.Routes)
        {
            if (wanted.FirstOrDefault(w => IsSame(w, route)) is { } meant)
                routes.Add(meant);
            else if (route.Protocol == RouteInfo.OwnProtocol || isUsurper?.Invoke(route) == true)
                routes.Add(
                    new RouteSpec
                    {
                        To = route.Destination,
                        Via = route.Gateway,
                        Metric = route.Metric,
                        Source = route.Source,
                    }
                );
        }

        routes.AddRange(wanted.Where(w => bridge?.Routes.Any(r => IsSame(w, r)) == true));
        return [.. routes.Distinct().OrderBy(r => r.To, StringComparer.Ordinal).ThenBy(r => r.Metric)];
    }

    /// <summary>Foreign routes through a link that is about to lose its addresses.</summary>
    public static IEnumerable<RouteSpec> ThatGoWith(LinkInfo link, IReadOnlyList<RouteSpec> known) =>
        BridgeTakeover
            .RoutesOf(link)
            .Where(r => r.Protocol != RouteInfo.OwnProtocol && !known.Any(w => IsSame(w, r)))
            .Select(r => new RouteSpec
            {
                To = r.Destination,
                Via = r.Gateway,
                Metric = r.Metric,
                Source = r.Source,
                OnLink = r.OnLink ? true : null,
            });

    /// <summary>Removes our routes that are not wanted, then adds the missing ones.</summary>
    /// <param name="links">The kernel.</param>
    /// <param name="link">The present link.</param>
    /// <param name="wanted">The wanted routes.</param>
    /// <param name="spec">The description of the link.</param>
    /// <param name="own">Records of routes that were ours.</param>
    public static void Apply(IRouteNetlink links, LinkInfo link, IReadOnlyList<RouteSpec> wanted, LinkSpec spec, OwnRoutes own)
    {
        var missing = wanted.Where(w => !link.Routes.Any(r => IsSame(w, r))).ToList();

        // Remove first: the kernel removes by destination and metric, and must not remove a new route instead of an old one. A route with
        // the same key is replaced in one step.
        foreach (var extra in link.Routes.Where(r => r.Protocol == RouteInfo.OwnProtocol && !wanted.Any(w => IsSame(w, r))))
            if (!missing.Any(m => HasKeyOf(m, extra)))
                links.RemoveRoute(link.Index, extra);
        if (missing.Count == 0)
            return;
        var all = links.Dump();
        foreach (var route in missing)
        {
            if (!own.WasThere(spec, route))
                RefuseToReplaceForeign(all, route, spec.Id);
            links.AddRoute(
                link.Index,
                new RouteInfo(route.To)
                {
                    Gateway = Text(route.Via),
                    OnLink = route.IsViaNeighbour(link.Addresses.Select(a => a.Cidr)),
                    Metric = route.Metric,
                    Source = Text(route.Source),
                }
            );
            own.Saw(spec, route);
        }
    }

    /// <summary>The kernel would let our route replace a foreign one with the same destination and metric.</summary>
    private static void RefuseToReplaceForeign(NetworkSnapshot all, RouteSpec wanted, string id)
    {
        foreach (var link in all.Links)
        foreach (var route in link.Routes)
            if (route.Protocol != RouteInfo.OwnProtocol && HasKeyOf(wanted, route))
            {
                var via = route.Gateway is { } gateway ? $" via {gateway}" : "";
                throw new CloudletException(
                    ErrorKind.AlreadyExists,
                    $"{id}: a route to {wanted.To}{via} through {link.Name} with the same metric exists, and it is not ours "
                        + $"(protocol {route.Protocol}); use another metric, or remove "
                        + "the other (`ip route delete "
                        + $"{wanted.To}{via} dev {link.Name}`)"
                );
            }
    }

    /// <summary>True when the route has replaced a wanted one that was ours.</summary>
    public static bool IsUsurper(RouteInfo route, IReadOnlyList<RouteSpec> wanted, LinkSpec spec, OwnRoutes own) =>
        route.Protocol != RouteInfo.OwnProtocol
        && wanted.FirstOrDefault(w => HasKeyOf(w, route)) is { } ours
        && !IsSame(ours, route)
        && own.WasThere(spec, ours);

    /// <summary>Records the wanted routes that are present as ours.</summary>
    public static void Note(LinkInfo link, IReadOnlyList<RouteSpec> wanted, LinkSpec spec, OwnRoutes own)
    {
        foreach (var route in wanted)
            if (link.Routes.Any(r => r.Protocol == RouteInfo.OwnProtocol && IsSame(route, r)))
                own.Saw(spec, route);
            else
                _ = own.WasThere(spec, route);
    }

    private static bool IsSame(RouteSpec wanted, RouteInfo route) =>
        HasKeyOf(wanted, route) && Text(wanted.Via) == route.Gateway && (Text(wanted.Source) is not { } source || source == route.Source);

    private static bool HasKeyOf(RouteSpec wanted, RouteInfo route) =>
        wanted.To == route.Destination && Metric(wanted.To, wanted.Metric) == Metric(route.Destination, route.Metric);

    /// <summary>The kernel's default is 1024 for IPv6 and 0 for IPv4; 0 requests the default.</summary>
    public static int Metric(string destination, int? metric) =>
        metric is { } given and not 0 ? given
        : destination.Contains(':') ? 1024
        : 0;

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
