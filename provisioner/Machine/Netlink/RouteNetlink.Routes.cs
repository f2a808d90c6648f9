using Cloudlet.Linux;

namespace Cloudlet.Machine.Netlink;

/// <content>Adding and removing routes of the main table.</content>
public sealed partial class RouteNetlink
{
    /// <inheritdoc/>
    /// <remarks>
    /// Replaces a route with the same destination and metric, even one over another link: the kernel keeps only one.
    /// </remarks>
    public void AddRoute(int index, RouteInfo route)
    {
        var answer = _socket.Exchange(RouteMessages.Add(index, route));
        if (answer.Errno == 0)
            return;
        var via = route.Gateway is null ? "" : $" via {route.Gateway}";
        throw Failure($"add route {route.Destination}{via} on link {Describe(index)}", answer);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Removes the route with the same destination, metric and gateway on this link. It is looked up first, because for the kernel a
    /// missing metric matches any.
    /// </remarks>
    public void RemoveRoute(int index, RouteInfo route)
    {
        foreach (var existing in Of(RoutesByLink(index), index))
        {
            if (!RouteMessages.SameKey(existing, route))
                continue;
            var answer = _socket.Exchange(RouteMessages.Remove(index, route));
            if (answer.Errno is not (Errno.ESRCH or Errno.ENODEV or Errno.ENOENT))
                Check(answer, $"remove route {route.Destination} from link", index);
            return;
        }
    }
}
