using System.Collections.Concurrent;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Links;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// Records which described routes were on the host as ours. The kernel keeps one route per destination and metric. A different route in
/// place of one that was ours has replaced it, and ours is restored. If ours was never there, the other was there first, and it stays.
/// </summary>
/// <param name="applied">The state that the last apply reached completely; null where that is not known.</param>
internal sealed class OwnRoutes(Func<HostState?>? applied)
{
    private readonly ConcurrentDictionary<(string Link, string To, int Metric), bool> _seen = new();

    /// <summary>Records a route that is present as ours.</summary>
    public void Saw(LinkSpec link, RouteSpec route) => _seen[KeyOf(link, route)] = true;

    /// <summary>True when the route was ours: this process saw it, or the last apply reached a state that has it.</summary>
    public bool WasThere(LinkSpec link, RouteSpec route)
    {
        if (_seen.ContainsKey(KeyOf(link, route)))
            return true;
        var before = applied?.Invoke()?.Resources.OfType<LinkSpec>().FirstOrDefault(l => l.Id == link.Id);
        if (before?.Routes?.Any(r => KeyOf(before, r) == KeyOf(link, route)) != true)
            return false;
        Saw(link, route);
        return true;
    }

    private static (string Link, string To, int Metric) KeyOf(LinkSpec link, RouteSpec route) =>
        (link.Id, route.To, LinkRoutes.Metric(route.To, route.Metric));
}
