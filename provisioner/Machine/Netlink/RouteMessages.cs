using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Cloudlet.Errors;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>
/// Route messages (struct rtmsg): unicast routes of the main table. Multipath routes are not reported, because a
/// <see cref="RouteInfo"/> belongs to one link; cached routes are not configuration.
/// </summary>
internal static class RouteMessages
{
    /// <summary>RTM_GETROUTE for both families; index 0 means every link. Older kernels ignore both filters.</summary>
    internal static NetlinkRequest Dump(int index)
    {
        var request = new NetlinkRequest(RTM_GETROUTE, NLM_F_DUMP);
        request.AddStructure(new RouteHeader { Family = AF_UNSPEC, Table = RT_TABLE_MAIN });
        request.AddUInt32(RTA_TABLE, RT_TABLE_MAIN);
        if (index != 0)
            request.AddUInt32(RTA_OIF, (uint)index);
        return request;
    }

    /// <summary>RTM_NEWROUTE that adds the route or replaces one with the same destination and metric.</summary>
    internal static NetlinkRequest Add(int index, RouteInfo route)
    {
        var request = new NetlinkRequest(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
        var scope = route.Gateway is null ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
        var protocol = route.Protocol is >= 0 and <= byte.MaxValue
            ? (byte)route.Protocol
            : throw new CloudletException(ErrorKind.InvalidInput, $"route protocol {route.Protocol}: outside 0–255");
        AddKey(request, index, route, scope, protocol);
        if (route.Source is not null)
            request.Add(RTA_PREFSRC, IpText.Parse(route.Source).GetAddressBytes());
        return request;
    }

    /// <summary>RTM_DELROUTE by destination, metric, gateway and link, whatever its protocol is.</summary>
    internal static NetlinkRequest Remove(int index, RouteInfo route)
    {
        var request = new NetlinkRequest(RTM_DELROUTE, NLM_F_ACK);
        AddKey(request, index, route, RT_SCOPE_NOWHERE, protocol: 0);
        return request;
    }

    /// <summary>Adds the route of an RTM_NEWROUTE message to those of its link; ignores other messages.</summary>
    internal static void Read(in NetlinkMessage message, Dictionary<int, List<RouteInfo>> byLink)
    {
        if (message.Header.Type != RTM_NEWROUTE)
            return;
        var header = AttributeReader.Structure<RouteHeader>(message.Payload, out var rest);
        if (header.Type != RTN_UNICAST || (header.Flags & RTM_F_CLONED) != 0 || header.Family is not (AF_INET or AF_INET6))
            return;
        IPAddress? destination = null,
            gateway = null,
            source = null;
        uint metric = 0,
            table = header.Table;
        var link = 0;
        var reader = new AttributeReader(rest);
        while (reader.Next())
        {
            switch (reader.Type)
            {
                case RTA_DST:
                    destination = reader.Address();
                    break;
                case RTA_GATEWAY:
                    gateway = reader.Address();
                    break;
                case RTA_VIA:
                    gateway = ReadVia(reader.Value);
                    break;
                case RTA_PREFSRC:
                    source = reader.Address();
                    break;
                case RTA_OIF:
                    link = reader.Int32();
                    break;
                case RTA_PRIORITY:
                    metric = reader.UInt32();
                    break;
                case RTA_TABLE:
                    table = reader.UInt32();
                    break;
                default:
                    break;
            }
        }

        if (link == 0 || table != RT_TABLE_MAIN)
            return;
        destination ??= header.Family == AF_INET ? IPAddress.Any : IPAddress.IPv6Any;
        AddressMessages
            .Listed(byLink, link)
            .Add(
                new RouteInfo($"{destination}/{header.DestinationLength}")
                {
                    Gateway = gateway?.ToString(),
                    OnLink = (header.Flags & RTNH_F_ONLINK) != 0,
                    Metric = metric == DefaultMetric(header.Family == AF_INET) ? null : (int)Math.Min(metric, int.MaxValue),
                    Source = source?.ToString(),
                    Protocol = header.Protocol,
                }
            );
    }

    /// <summary>True when both have the same destination, metric (or the kernel's default) and gateway.</summary>
    internal static bool SameKey(RouteInfo left, RouteInfo right)
    {
        var (network, length) = IpText.ParseNetwork(left.Destination);
        var isV4 = network.AddressFamily == AddressFamily.InterNetwork;
        return IpText.ParseNetwork(right.Destination).Equals((network, length))
            && EffectiveMetric(left, isV4) == EffectiveMetric(right, isV4)
            && Equals(GatewayOf(left), GatewayOf(right));
    }

    private static void AddKey(NetlinkRequest request, int index, RouteInfo route, byte scope, byte protocol)
    {
        var (network, length) = IpText.ParseNetwork(route.Destination);
        var isV4 = network.AddressFamily == AddressFamily.InterNetwork;
        request.AddStructure(
            new RouteHeader
            {
                Family = isV4 ? AF_INET : AF_INET6,
                DestinationLength = (byte)length,
                Table = RT_TABLE_MAIN,
                Protocol = protocol,
                Scope = isV4 ? scope : RT_SCOPE_UNIVERSE,
                Type = RTN_UNICAST,
                Flags = route is { OnLink: true, Gateway: not null } ? RTNH_F_ONLINK : 0,
            }
        );
        if (length > 0)
            request.Add(RTA_DST, network.GetAddressBytes());
        request.AddUInt32(RTA_OIF, (uint)index);
        if (route.Metric is < 0)
            throw new CloudletException(ErrorKind.InvalidInput, $"route metric {route.Metric}: negative");
        if (EffectiveMetric(route, isV4) is var metric and not 0)
            request.AddUInt32(RTA_PRIORITY, (uint)metric);
        if (GatewayOf(route) is { } gateway)
            AddGateway(request, gateway, isV4);
    }

    private static void AddGateway(NetlinkRequest request, IPAddress gateway, bool isV4)
    {
        var bytes = gateway.GetAddressBytes();
        if (bytes.Length == (isV4 ? 4 : 16))
        {
            request.Add(RTA_GATEWAY, bytes);
            return;
        }

        // struct rtvia: an IPv4 route through an IPv6 neighbour (RFC 8950)
        Span<byte> via = stackalloc byte[2 + bytes.Length];
        MemoryMarshal.Write(via, (ushort)(isV4 ? AF_INET6 : AF_INET));
        bytes.CopyTo(via[2..]);
        request.Add(RTA_VIA, via);
    }

    private static IPAddress ReadVia(ReadOnlySpan<byte> via) =>
        via.Length > 2
            ? AttributeReader.ToAddress(via[2..])
            : throw AttributeReader.Malformed($"a gateway of another family has {via.Length} bytes");

    private static IPAddress? GatewayOf(RouteInfo route) => route.Gateway is null ? null : IpText.Parse(route.Gateway);

    private static int EffectiveMetric(RouteInfo route, bool isV4) => route.Metric is null or 0 ? DefaultMetric(isV4) : route.Metric.Value;

    private static int DefaultMetric(bool isV4) => isV4 ? 0 : IP6_RT_PRIO_USER;
}
