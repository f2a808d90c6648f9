using System.Net;
using System.Net.Sockets;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>Rules for routes: valid syntax, and gateways that the link's addresses can reach.</summary>
internal sealed class RouteRules
{
    private readonly HostReport _report;
    private readonly IReadOnlyDictionary<string, List<IpPrefix>> _addresses;
    private readonly bool _hasUnknownAddresses;
    private readonly Dictionary<(IpPrefix To, int? Metric), string[]> _seen = [];

    private RouteRules(
        IReadOnlyDictionary<string, LinkSection> links,
        IReadOnlyDictionary<string, List<IpPrefix>> addresses,
        HostReport report
    )
    {
        _addresses = addresses;
        _report = report;
        foreach (var (name, link) in links)
            _hasUnknownAddresses |= HasUnknownAddresses(name, link);
    }

    public static void Check(
        IReadOnlyDictionary<string, LinkSection> links,
        IReadOnlyDictionary<string, List<IpPrefix>> addresses,
        HostReport report
    )
    {
        var rules = new RouteRules(links, addresses, report);
        foreach (var (name, link) in links)
        {
            for (var i = 0; i < link.Routes?.Count; i++)
            {
                if (link.Routes[i] is { } route)
                    rules.Route(name, link, route, $"{i}");
            }
        }
    }

    /// <summary>
    /// A link that is also configured by others (DHCP, an installer) may have addresses that are not in the site file; and an invalid
    /// address has already been reported.
    /// </summary>
    private bool HasUnknownAddresses(string name, LinkSection link) =>
        link.Addresses?.Count > _addresses[name].Count
        || (link.Kind is null or LinkKind.Existing && (link.Addresses is null || link.ForeignAddresses is not ForeignAddresses.Remove));

    private void Route(string link, LinkSection section, RouteSection route, string position)
    {
        var via = Address(route.Via, "via");
        var source = Address(route.Source, "source");
        if (route.Metric < 0)
            _report.Value($"{route.Metric} is out of range: a metric is 0 or more", "links", link, "routes", position, "metric");
        if (Destination(route, via, link, position) is not { } to)
            return;
        var isV6 = to.IsV6;
        if (via is not null && SameFamily(via, "via"))
            Gateway(link, section, via, route.OnLink == true, position);
        if (source is not null && SameFamily(source, "source"))
            Source(source, link, position);
        string[] keys = ["links", link, "routes", position];
        if (!_seen.TryAdd((to, route.Metric), keys))
            _report.Value(
                $"a route to {to} with the same metric already exists ({_report.PlaceOf(_seen[(to, route.Metric)])}); give one of "
                    + "them another metric",
                keys
            );

        IPAddress? Address(string? text, string key)
        {
            var address = text is null ? null : IpPrefix.ParseAddress(text);
            if (text is not null && address is null)
                _report.Value($"\"{text}\" is not a valid IPv4 or IPv6 address", "links", link, "routes", position, key);
            return address;
        }

        bool SameFamily(IPAddress address, string key)
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6 == isV6)
                return true;
            _report.Value($"{address} and the destination {to} are of different families", "links", link, "routes", position, key);
            return false;
        }
    }

    private IpPrefix? Destination(RouteSection route, IPAddress? via, string link, string position)
    {
        string[] keys = ["links", link, "routes", position, "to"];
        if (route.To is null)
            _report.Missing("a route needs \"to\": a network such as 10.90.0.0/16, or default", keys.AsSpan(0, 4));
        else if (route.To == "default")
            return new IpPrefix(via?.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        else if (!IpPrefix.TryParse(route.To, out var to, out var error))
            _report.Value(error!, keys);
        else if (!to.Network.Address.Equals(to.Address))
            _report.Value($"{route.To} has host bits set; write {to.Network}", keys);
        else
            return to;
        return null;
    }

    private void Gateway(string link, LinkSection section, IPAddress via, bool isNeighbour, string position)
    {
        var own = _addresses[link];
        string[] keys = ["links", link, "routes", position, "via"];
        if (_addresses.FirstOrDefault(a => a.Value.Exists(prefix => prefix.Address.Equals(via))).Key is { } holder)
        {
            _report.Value(
                $"{via} is an address of {(holder == link ? "the link itself" : $"this host (\"{holder}\")")}; a gateway is another "
                    + "machine",
                keys
            );
            return;
        }

        if (NoMachine(via, own) is { } reason)
        {
            _report.Value($"{via} is {reason}, which no machine can have", keys);
            return;
        }

        var isOnLink = via.IsIPv6LinkLocal || own.Exists(prefix => prefix.Length < prefix.MaxLength && prefix.Contains(via));
        if (isOnLink || isNeighbour || HasUnknownAddresses(link, section) || _report.IsDamaged("links", link))
            return;
        var networks = string.Join(", ", own.ConvertAll(prefix => prefix.Network.ToString()));
        _report.Value(
            $"{via} is not in any network of the link ({(own.Count == 0 ? "it has no address" : networks)}), so it cannot be its gateway; "
                + "if it is a neighbour on the link anyway, set onLink: true",
            keys
        );
    }

    /// <summary>Why the kernel refuses an address as a gateway on any link.</summary>
    private static string? NoMachine(IPAddress via, List<IpPrefix> own)
    {
        var bytes = via.GetAddressBytes();
        if (Array.TrueForAll(bytes, static b => b == 0))
            return "the unspecified address";
        if (via.AddressFamily == AddressFamily.InterNetworkV6 ? via.IsIPv6Multicast : bytes[0] >= 224)
            return "a multicast or reserved address";
        return own.Exists(prefix =>
            !prefix.IsV6
            && prefix.Length < 31
            && prefix.Contains(via)
            && (IsLast(bytes, prefix.Length) || prefix.Network.Address.Equals(via))
        )
            ? "the address or the broadcast address of the network itself"
            : null;
    }

    /// <summary>True when all host bits are set.</summary>
    private static bool IsLast(byte[] address, int length)
    {
        for (var bit = length; bit < address.Length * 8; bit++)
            if ((address[bit / 8] & (0x80 >> (bit % 8))) == 0)
                return false;
        return true;
    }

    private void Source(IPAddress source, string link, string position)
    {
        foreach (var prefixes in _addresses.Values)
        {
            if (prefixes.Exists(prefix => prefix.Address.Equals(source)))
                return;
        }

        if (!_hasUnknownAddresses && !_report.IsDamaged("links"))
            _report.Value($"no link of this host has the address {source}", "links", link, "routes", position, "source");
    }
}
