using System.Net;
using System.Net.Sockets;
using Cloudlet.DesiredState.Links;

namespace Cloudlet.DesiredState.Site.Validation;

/// <summary>Routes: their syntax, and whether the link's addresses can reach their gateways.</summary>
internal sealed class RouteRules
{
    private readonly HostReport report;
    private readonly IReadOnlyDictionary<string, List<IpPrefix>> addresses;
    private readonly bool hasUnknownAddresses;
    private readonly Dictionary<(IpPrefix To, int? Metric), string[]> seen = [];

    private RouteRules(IReadOnlyDictionary<string, LinkSection> links, IReadOnlyDictionary<string, List<IpPrefix>> addresses, HostReport report)
    {
        this.addresses = addresses;
        this.report = report;
        foreach (var (name, link) in links)
            hasUnknownAddresses |= HasUnknownAddresses(name, link);
    }

    public static void Check(IReadOnlyDictionary<string, LinkSection> links, IReadOnlyDictionary<string, List<IpPrefix>> addresses, HostReport report)
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

    /// <summary>A link that others address (DHCP, an installer) may have addresses that no site file knows; and an address that is wrong has been reported already.</summary>
    private bool HasUnknownAddresses(string name, LinkSection link) =>
        link.Addresses?.Count > addresses[name].Count
        || (link.Kind is null or LinkKind.Existing && (link.Addresses is null || link.ForeignAddresses is not ForeignAddresses.Remove));

    private void Route(string link, LinkSection section, RouteSection route, string position)
    {
        var via = Address(route.Via, "via");
        var source = Address(route.Source, "source");
        if (route.Metric < 0)
            report.Value($"{route.Metric} is out of range: a metric is 0 or more", "links", link, "routes", position, "metric");
        if (Destination(route, via, link, position) is not { } to)
            return;
        var isV6 = to.IsV6;
        if (via is not null && SameFamily(via, "via"))
            Gateway(link, section, via, position);
        if (source is not null && SameFamily(source, "source"))
            Source(source, link, position);
        string[] keys = ["links", link, "routes", position];
        if (!seen.TryAdd((to, route.Metric), keys))
            report.Value($"there is a route to {to} with the same metric already ({report.PlaceOf(seen[(to, route.Metric)])}); give one of them another metric", keys);

        IPAddress? Address(string? text, string key)
        {
            var address = text is null ? null : IpPrefix.ParseAddress(text);
            if (text is not null && address is null)
                report.Value($"\"{text}\" is no IPv4 or IPv6 address", "links", link, "routes", position, key);
            return address;
        }

        bool SameFamily(IPAddress address, string key)
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6 == isV6)
                return true;
            report.Value($"{address} and the destination {to} are of different families", "links", link, "routes", position, key);
            return false;
        }
    }

    private IpPrefix? Destination(RouteSection route, IPAddress? via, string link, string position)
    {
        string[] keys = ["links", link, "routes", position, "to"];
        if (route.To is null)
            report.Missing("a route needs \"to\": a network such as 10.90.0.0/16, or default", keys.AsSpan(0, 4));
        else if (route.To == "default")
            return new IpPrefix(via?.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        else if (!IpPrefix.TryParse(route.To, out var to, out var error))
            report.Value(error!, keys);
        else if (!to.Network.Address.Equals(to.Address))
            report.Value($"{route.To} has host bits set; write {to.Network}", keys);
        else
            return to;
        return null;
    }

    private void Gateway(string link, LinkSection section, IPAddress via, string position)
    {
        var own = addresses[link];
        string[] keys = ["links", link, "routes", position, "via"];
        if (own.Exists(prefix => prefix.Address.Equals(via)))
        {
            report.Value($"{via} is an address of the link itself; a gateway is another machine", keys);
            return;
        }

        var isOnLink = via.IsIPv6LinkLocal || own.Exists(prefix => prefix.Length < prefix.MaxLength && prefix.Contains(via));
        if (isOnLink || HasUnknownAddresses(link, section) || report.IsDamaged("links", link))
            return;
        var networks = string.Join(", ", own.ConvertAll(prefix => prefix.Network.ToString()));
        report.Value($"{via} is in no network of the link ({(own.Count == 0 ? "it has no address" : networks)}), so it cannot be its gateway", keys);
    }

    private void Source(IPAddress source, string link, string position)
    {
        foreach (var prefixes in addresses.Values)
        {
            if (prefixes.Exists(prefix => prefix.Address.Equals(source)))
                return;
        }

        if (!hasUnknownAddresses && !report.IsDamaged("links"))
            report.Value($"no link of this host has the address {source}", "links", link, "routes", position, "source");
    }
}
