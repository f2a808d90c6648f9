using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Tests.Links;

/// <summary>The links of a state as they are on the host, as comparable text.</summary>
internal static class LinkPicture
{
    public static string Of(IRouteNetlink links, HostState state)
    {
        // The undescribed other end of a cable has an address from the kernel.
        var names = state.Resources.OfType<LinkSpec>().Select(l => l.Name).ToHashSet();
        return string.Join(
            '\n',
            links
                .Dump()
                .Links.Where(l => l.Kind is not null)
                .OrderBy(l => l.Name, StringComparer.Ordinal)
                .Select(l => names.Contains(l.Name) ? Line(l) : l.Name)
        );
    }

    private static string Line(LinkInfo l) =>
        $"{l.Name} {l.Kind} {l.Mac} {l.Mtu} {l.Up} {l.Promiscuous} master={l.MasterName} lower={l.LowerName} {l.Attributes} "
        + $"[{string.Join(' ', l.Addresses.Where(a => a.Scope == "global").Select(a => a.Cidr).Order(StringComparer.Ordinal))}] "
        + $"[{string.Join(' ', OwnRoutes(l).Order(StringComparer.Ordinal))}]";

    private static IEnumerable<string> OwnRoutes(LinkInfo l) =>
        l.Routes.Where(r => r.Protocol == RouteInfo.OwnProtocol).Select(r => $"{r.Destination} via {r.Gateway}");
}
