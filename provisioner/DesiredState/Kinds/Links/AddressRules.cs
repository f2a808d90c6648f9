using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>Rules for addresses of a host: valid syntax, no duplicates, no network on two links.</summary>
internal sealed class AddressRules
{
    private readonly HostReport _report;
    private readonly Dictionary<IpPrefix, (string Link, string Position)> _networks = [];
    private readonly Dictionary<string, (string Link, string Position)> _addresses = new(StringComparer.Ordinal);
    private readonly SortedSet<int> _lengthsV4 = [];
    private readonly SortedSet<int> _lengthsV6 = [];

    private AddressRules(HostReport report) => _report = report;

    /// <summary>Checks the addresses of all links.</summary>
    /// <returns>Link → its well-formed addresses.</returns>
    public static Dictionary<string, List<IpPrefix>> Check(IReadOnlyDictionary<string, LinkSection> links, HostReport report)
    {
        var rules = new AddressRules(report);
        var all = new Dictionary<string, List<IpPrefix>>(StringComparer.Ordinal);
        foreach (var (name, link) in links)
            all.Add(name, rules.Parse(name, link.Addresses ?? []));
        foreach (var (name, link) in links)
        {
            for (var i = 0; i < link.Addresses?.Count; i++)
            {
                if (link.Addresses[i] is { } text && IpPrefix.TryParse(text, out var prefix, out _))
                    rules.Overlap(prefix, name, $"{i}");
            }
        }

        return all;
    }

    private List<IpPrefix> Parse(string link, IReadOnlyList<string?> texts)
    {
        var prefixes = new List<IpPrefix>();
        for (var i = 0; i < texts.Count; i++)
        {
            if (texts[i] is not { } text)
                continue;
            if (!IpPrefix.TryParse(text, out var prefix, out var error))
                _report.Value(error!, "links", link, "addresses", $"{i}");
            else if (Unusable(prefix) is { } reason)
                _report.Value(reason, "links", link, "addresses", $"{i}");
            else if (IsNew(prefix, link, $"{i}"))
                prefixes.Add(prefix);
        }

        return prefixes;
    }

    private static string? Unusable(IpPrefix prefix)
    {
        var bytes = prefix.Address.GetAddressBytes();
        if (Array.TrueForAll(bytes, b => b == 0))
            return $"{prefix} is not a valid address of a link";
        if (prefix.IsV6 ? prefix.Address.IsIPv6Multicast : bytes[0] is >= 224)
            return $"{prefix} is a multicast or reserved address, which no link can have";
        if (prefix.Length == 0)
            return $"{prefix}: prefix length 0 would make the whole Internet the link's own network; write /{prefix.MaxLength} for "
                + "this one address";
        // /31 (RFC 3021), /127 (RFC 6164) and single addresses have no network address to lose.
        if (!prefix.IsV6 && prefix.Length < 31 && prefix.Network.Address.Equals(prefix.Address))
            return $"{prefix} is the address of the network itself; give the link one inside it";
        return null;
    }

    private bool IsNew(IpPrefix prefix, string link, string position)
    {
        var key = Key(prefix, link);
        if (_addresses.TryAdd(key, (link, position)))
        {
            Remember(prefix, link, position);
            return true;
        }

        var (firstLink, firstPosition) = _addresses[key];
        var where = firstLink == link ? "on this link" : $"on \"{firstLink}\"";
        _report.Value(
            $"{prefix.Address} is already {where} ({_report.PlaceOf("links", firstLink, "addresses", firstPosition)})",
            "links",
            link,
            "addresses",
            position
        );
        return false;
    }

    /// <summary>Every link may have the same link-local address.</summary>
    private static string Key(IpPrefix prefix, string link) => prefix.IsLinkLocal ? $"{prefix.Address}%{link}" : prefix.Address.ToString();

    /// <summary>A single address (/32, /128) brings no network, and a link-local network is on every link: they do not conflict.</summary>
    private static bool HasNetwork(IpPrefix prefix) => prefix.Length < prefix.MaxLength && !prefix.IsLinkLocal;

    private void Remember(IpPrefix prefix, string link, string position)
    {
        if (!HasNetwork(prefix))
            return;
        _networks.TryAdd(prefix.Network, (link, position));
        (prefix.IsV6 ? _lengthsV6 : _lengthsV4).Add(prefix.Length);
    }

    /// <summary>
    /// Looks for another link with the same network or one that contains it: one look-up for every prefix length in use, however many
    /// addresses there are.
    /// </summary>
    private void Overlap(IpPrefix prefix, string link, string position)
    {
        if (!HasNetwork(prefix) || !_addresses.TryGetValue(Key(prefix, link), out var owner) || owner != (link, position))
            return;
        foreach (var length in prefix.IsV6 ? _lengthsV6 : _lengthsV4)
        {
            if (length > prefix.Length)
                return;
            var around = new IpPrefix(prefix.Address, length).Network;
            if (!_networks.TryGetValue(around, out var first) || first.Link == link)
                continue;
            var relation = length == prefix.Length ? "is" : "is inside";
            _report.Value(
                $"the network {prefix.Network} {relation} {(length == prefix.Length ? "" : $"{around}, ")}the network of "
                    + $"\"{first.Link}\" too "
                    + $"({_report.PlaceOf("links", first.Link, "addresses", first.Position)}): "
                    + "it would be ambiguous "
                    + "which link leads there",
                "links",
                link,
                "addresses",
                position
            );
            return;
        }
    }
}
