using System.Net;
using System.Net.Sockets;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>Rules for single links: name, keys of the kind, hardware address and MTU.</summary>
internal static class LinkRules
{
    /// <summary>Smallest MTU of IPv4 (RFC 791).</summary>
    public const int MinMtu = 68;

    /// <summary>Largest MTU.</summary>
    public const int MaxMtu = 65535;

    /// <summary>Largest VLAN id (IEEE 802.1Q).</summary>
    public const int MaxVlanId = 4094;

    /// <summary>Largest VXLAN network identifier (RFC 7348).</summary>
    public const int MaxVxlanId = 16_777_215;

    private const int MinMtuOfIpv6 = 1280;

    public static void Check(string name, LinkSection link, HostReport report)
    {
        if (Names.LinkError(name) is { } error)
            report.Key(error, "links", name);
        if (link.Mac is not null && MacError(link.Mac) is { } macError)
            report.Value(macError, "links", name, "mac");
        Mtu(name, link, report);
        if (link.Kind is not { } kind)
        {
            report.Missing("a link needs \"kind\": existing, dummy, bridge, veth, vlan, vxlan, macvlan or tap", "links", name);
            return;
        }

        KeysOfKind(name, kind, link, report);
        if (kind is LinkKind.Vlan or LinkKind.Vxlan && link.Id is { } id)
            Range(id, kind == LinkKind.Vlan ? 1 : 0, kind == LinkKind.Vlan ? MaxVlanId : MaxVxlanId, report, "links", name, "id");
        if (kind == LinkKind.Vxlan)
            Tunnel(name, link, report);
        if (link.Mode is not (null or "private" or "vepa" or "bridge" or "passthru"))
            report.Value($"expected one of private, vepa, bridge, passthru; found \"{link.Mode}\"", "links", name, "mode");
    }

    private static void KeysOfKind(string name, LinkKind kind, LinkSection link, HostReport report)
    {
        Needs("parent", link.Parent is null, kind is LinkKind.Vlan or LinkKind.Macvlan);
        Needs("id", link.Id is null, kind is LinkKind.Vlan or LinkKind.Vxlan);
        Needs("peer", link.Peer is null, kind is LinkKind.Veth);
        Allows("acceptRa", link.AcceptRa is not null, kind != LinkKind.Existing, "links that Provision creates");
        Allows("parent", link.Parent is not null, kind is LinkKind.Vlan or LinkKind.Macvlan or LinkKind.Vxlan, "vlan, macvlan and vxlan");
        Allows("id", link.Id is not null, kind is LinkKind.Vlan or LinkKind.Vxlan, "vlan and vxlan");
        Allows("peer", link.Peer is not null, kind is LinkKind.Veth, "veth");
        Allows("local", link.Local is not null, kind is LinkKind.Vxlan, "vxlan");
        Allows("remote", link.Remote is not null, kind is LinkKind.Vxlan, "vxlan");
        Allows("port", link.Port is not null, kind is LinkKind.Vxlan, "vxlan");
        Allows("mode", link.Mode is not null, kind is LinkKind.Macvlan, "macvlan");
        Allows("stp", link.Stp is not null, kind is LinkKind.Bridge, "bridge");
        Allows("ports", link.Ports is not null, kind is LinkKind.Bridge, "bridge");

        void Needs(string key, bool isMissing, bool isNeeded)
        {
            if (isMissing && isNeeded)
                report.Missing($"a {Word(kind)} needs \"{key}\"", "links", name);
        }

        void Allows(string key, bool isGiven, bool isAllowed, string kinds)
        {
            if (isGiven && !isAllowed)
                report.Key($"\"{key}\" is for {kinds}, not for a link of kind {Word(kind)}", "links", name, key);
        }
    }

    private static string Word(LinkKind kind) => kind.ToString().ToLowerInvariant();

    private static void Mtu(string name, LinkSection link, HostReport report)
    {
        if (link.Mtu is not { } mtu || !Range(mtu, MinMtu, MaxMtu, report, "links", name, "mtu") || mtu >= MinMtuOfIpv6)
            return;
        foreach (var address in link.Addresses ?? [])
        {
            if (address?.Contains(':') == true)
            {
                report.Value(
                    $"{mtu} is too small for the IPv6 address {address}: IPv6 needs at least {MinMtuOfIpv6} (RFC 8200)",
                    "links",
                    name,
                    "mtu"
                );
                return;
            }
        }
    }

    private static void Tunnel(string name, LinkSection link, HostReport report)
    {
        var local = Address("local", link.Local);
        var remote = Address("remote", link.Remote);
        if (link.Port is { } port)
            Range(port, 1, 65535, report, "links", name, "port");
        if (local is not null && IsMulticast(local))
            report.Value($"{local} is a multicast group; the local address is one of this host's own", "links", name, "local");
        if (local is not null && remote is not null && local.AddressFamily != remote.AddressFamily)
            report.Value($"{remote} and the local address {local} are of different families", "links", name, "remote");
        if (remote is not null && IsMulticast(remote) && link.Parent is null)
            report.Missing($"a vxlan with a multicast group ({remote}) needs \"parent\": the link that joins the group", "links", name);

        IPAddress? Address(string key, string? text)
        {
            var address = text is null ? null : IpPrefix.ParseAddress(text);
            if (text is not null && address is null)
                report.Value($"\"{text}\" is not a valid IPv4 or IPv6 address", "links", name, key);
            return address;
        }
    }

    private static bool IsMulticast(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? address.IsIPv6Multicast : address.GetAddressBytes()[0] is >= 224 and < 240;

    private static string? MacError(string text)
    {
        var bytes = MacAddress.Parse(text);
        return bytes switch
        {
            null => $"\"{text}\" is not a valid hardware address; write six hexadecimal pairs such as 02:00:5e:10:00:01",
            [0, 0, 0, 0, 0, 0] => "the hardware address is all zeros",
            [var first, ..] when (first & 1) != 0 =>
                $"{text} is a multicast address: the first byte of a unicast address is even, as in {first & 0xFE:x2}{text[2..]}",
            _ => null,
        };
    }

    private static bool Range(int value, int min, int max, HostReport report, params ReadOnlySpan<string> keys)
    {
        if (value >= min && value <= max)
            return true;
        report.Value($"{value} is out of range: {min}-{max}", keys);
        return false;
    }
}
