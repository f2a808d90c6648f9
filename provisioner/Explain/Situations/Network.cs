using System.Net;
using System.Text.Json;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>A link and its addresses.</summary>
internal sealed record LinkState(string Name, IReadOnlyList<IPAddress> Addresses)
{
    public static IReadOnlyList<LinkState>? ReadAll(Notes notes)
    {
        if (notes.Answer(ExhibitIds.Links) is not { } exhibit || JsonText.Root(exhibit, notes) is not { } root)
            return null;
        if (root.ValueKind == JsonValueKind.Array && !exhibit.Truncated)
            return [.. root.EnumerateArray().Select(Read).OfType<LinkState>()];
        notes.Malformed(exhibit, "it is not a list of links");
        return null;
    }

    private static LinkState? Read(JsonElement link)
    {
        if (JsonText.Text(link, "ifname") is not { } name)
            return null;
        return new LinkState(
            name,
            JsonText.Get(link, "addr_info") is { ValueKind: JsonValueKind.Array } addresses
                ? [.. addresses.EnumerateArray().Select(a => IpText.Parse(JsonText.Text(a, "local"))).OfType<IPAddress>()]
                : []
        );
    }
}

/// <summary>IP addresses as Nova accepts them.</summary>
internal static class IpText
{
    /// <summary>The address, or null; an IPv4 address must have four parts, while inet_aton(3) accepts fewer.</summary>
    public static IPAddress? Parse(string? text) =>
        IPAddress.TryParse(text, out var address) && (text.Contains(':') || text.AsSpan().Count('.') == 3) ? address : null;
}

/// <summary>Whether a broker accepts connections.</summary>
/// <param name="Place">HOST:PORT.</param>
/// <param name="Result">open, refused, timeout, unreachable or unresolved.</param>
/// <param name="Quote">The line.</param>
internal sealed record BrokerReach(string Place, string Result, string Quote)
{
    private static readonly string[] Results = ["open", "refused", "timeout", "unreachable", "unresolved"];

    public bool IsOpen => Result == "open";

    public static IReadOnlyList<BrokerReach>? ReadAll(Notes notes)
    {
        if (notes.Answer(ExhibitIds.Broker) is not { } exhibit)
            return null;
        List<BrokerReach> brokers = [];
        foreach (var (place, words, line) in Facts.Of(exhibit, ' ').Lines)
        {
            var result = words.Split(' ', 2)[0];
            if (Results.Contains(result))
                brokers.Add(new BrokerReach(place, result, line));
        }

        if (brokers.Count > 0)
            return brokers;
        notes.Malformed(exhibit, "it names no broker");
        return null;
    }
}

/// <summary>A record of Neutron's agents.</summary>
internal sealed record NeutronAgent(string Binary, string Type, string Host, bool IsAlive, bool IsEnabled, string Quote)
{
    /// <summary>True for agents that plug servers in; without DHCP or routing a server still starts.</summary>
    public bool PlugsServers =>
        Type
            is "Linux bridge agent"
                or "Open vSwitch agent"
                or "Macvtap agent"
                or "NIC Switch agent"
                or "OVN Controller agent"
                or "OVN Controller Gateway agent";

    public static IReadOnlyList<NeutronAgent>? ReadAll(Notes notes) =>
        notes.Answer(ExhibitIds.Agents) is { } exhibit && JsonText.List(exhibit, "agents", notes) is { } list
            ? [.. list.Select(Read).OfType<NeutronAgent>()]
            : null;

    private static NeutronAgent? Read(JsonElement agent) =>
        JsonText.Text(agent, "host") is not { } host
        || JsonText.Text(agent, "agent_type") is not { } type
        || JsonText.Truth(agent, "alive") is not { } alive
            ? null
            : new NeutronAgent(
                JsonText.Text(agent, "binary") ?? type,
                type,
                host,
                alive,
                JsonText.Truth(agent, "admin_state_up") != false,
                JsonText.Quote(agent, "binary", "host", "alive", "admin_state_up", "heartbeat_timestamp")
            );
}
