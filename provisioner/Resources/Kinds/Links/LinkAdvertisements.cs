using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// What a link accepts from IPv6 router advertisements. ICMPv6 redirects keep the kernel's default: it accepts one only from the gateway
/// in use, so a link without a gateway of ours accepts none.
/// </summary>
internal static class LinkAdvertisements
{
    /// <summary>True when the link accepts advertisements or, if it should not, still has the results of one.</summary>
    public static bool AreTaken(LinkInfo link, LinkSpec desired) =>
        link.Ipv6 is { } settings
        && (
            desired.AcceptRa == true
                ? settings.AcceptRa == 2 || (settings.AcceptRa == 1 && !settings.Forwarding)
                : settings.AcceptRa != 0 || GivenTo(link, desired) is not ([], [])
        );

    /// <summary>
    /// Sets what is wanted; call it before the link comes up, as one packet is enough. Results of earlier advertisements are removed.
    /// </summary>
    public static void Apply(IRouteNetlink links, LinkInfo link, LinkSpec wanted)
    {
        if (wanted.AcceptRa is not { } accept || link.Ipv6 is not { } settings || AreTaken(link, wanted) == accept)
            return;
        links.SetIpv6(
            link.Index,
            Ipv6Setting.AcceptRa,
            !accept ? 0
                : settings.Forwarding ? 2
                : 1
        );
        if (settings.Autoconf != accept)
            links.SetIpv6(link.Index, Ipv6Setting.Autoconf, accept ? 1 : 0);
        if (accept)
            return;
        var (addresses, routes) = GivenTo(link, wanted);
        foreach (var route in routes)
            links.RemoveRoute(link.Index, route);
        foreach (var address in addresses)
            links.RemoveAddress(link.Index, address);
    }

    private static (AddressInfo[] Addresses, RouteInfo[] Routes) GivenTo(LinkInfo link, LinkSpec desired) =>
        (
            [
                .. link.Addresses.Where(a =>
                    !a.Permanent && a.Scope == "global" && a.Address.Contains(':') && desired.Addresses?.Contains(a.Cidr) != true
                ),
            ],
            [.. link.Routes.Where(static r => r.Protocol == RouteInfo.AdvertisedProtocol)]
        );
}
