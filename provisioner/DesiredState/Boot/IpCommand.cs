using System.Text;
using Cloudlet.DesiredState.Kinds.Links;

namespace Cloudlet.DesiredState.Boot;

/// <summary>iproute2 commands, for boot configuration that consists of commands.</summary>
internal static class IpCommand
{
    /// <summary>
    /// Creates a link together with its address, so that no program ever sees it with another one. Null for an existing link.
    /// </summary>
    public static string? Make(LinkSpec link, string? peerMac)
    {
        var start = $"ip link add name {link.Name}{Option("address", link.Mac)}";
        return link.Kind switch
        {
            LinkKind.Existing => null,
            LinkKind.Veth => $"{start} type veth peer name {link.Peer}{Option("address", peerMac)}",
            LinkKind.Vlan => $"{start} link {link.Parent} type vlan id {link.VlanId}",
            LinkKind.Macvlan => $"{start} link {link.Parent} type macvlan mode {link.MacvlanMode}",
            LinkKind.Vxlan => start + Vxlan(link),
            LinkKind.Bridge => $"{start} type bridge stp_state {(link.BridgeStp == true ? 1 : 0)}",
            LinkKind.Tap => $"ip tuntap add dev {link.Name} mode tap",
            _ => $"{start} type {LinkKinds.NameOf(link.Kind)}",
        };
    }

    /// <summary>Adds or replaces a route.</summary>
    public static string Route(RouteSpec route, string link, bool isOnLink, int protocol)
    {
        var command = new StringBuilder($"ip route replace {route.To}");
        command.Append(Option("via", route.Via)).Append(Option("dev", link));
        if (isOnLink)
            command.Append(" onlink");
        return command
            .Append(Option("metric", route.Metric?.ToString()))
            .Append(Option("src", route.Source))
            .Append(Option("proto", protocol.ToString()))
            .ToString();
    }

    /// <summary>True for 224.0.0.0/4 and ff00::/8.</summary>
    public static bool IsMulticast(string address) =>
        System.Net.IPAddress.Parse(address) is var ip && (ip.IsIPv6Multicast || ip.GetAddressBytes() is [>= 224 and <= 239, _, _, _]);

    private static string Vxlan(LinkSpec link)
    {
        var remote = link.VxlanRemote is { } far ? Option(IsMulticast(far) ? "group" : "remote", far) : "";
        return $" type vxlan id {link.VxlanId}{Option("dev", link.Parent)}{Option("local", link.VxlanLocal)}{remote} dstport "
            + $"{link.VxlanPort}";
    }

    private static string Option(string name, string? value) => value is null ? "" : $" {name} {value}";
}
