using System.Globalization;
using System.Net;
using System.Text.Json;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>Names of the host.</summary>
/// <param name="Name">Host name as the kernel has it.</param>
/// <param name="FullName">With its domain.</param>
/// <param name="Recorded">Name that healthd recorded when it first saw the host.</param>
internal sealed record HostNames(string? Name, string? FullName, string? Recorded)
{
    public static HostNames? Read(Notes notes)
    {
        if (notes.Answer(ExhibitIds.Host) is not { } exhibit)
            return null;
        var facts = Facts.Of(exhibit, ' ');
        if (facts["hostname"] is null && facts["fqdn"] is null)
            notes.Malformed(exhibit, "it has no line with the host's name");
        return new HostNames(facts["hostname"], facts["fqdn"], facts["recorded"]);
    }
}

/// <summary>A link and its addresses.</summary>
internal sealed record LinkState(string Name, IReadOnlyList<IPAddress> Addresses)
{
    public static IReadOnlyList<LinkState>? ReadAll(Notes notes)
    {
        if (notes.Answer(ExhibitIds.Links) is not { } exhibit || JsonText.Root(exhibit, notes) is not { } root)
            return null;
        if (root.ValueKind == JsonValueKind.Array && !exhibit.Truncated)
            return [.. root.EnumerateArray().Select(Read).OfType<LinkState>()];
        notes.Malformed(exhibit, "it is no list of links");
        return null;
    }

    private static LinkState? Read(JsonElement link)
    {
        if (JsonText.Text(link, "ifname") is not { } name)
            return null;
        return new LinkState(name, JsonText.Get(link, "addr_info") is { ValueKind: JsonValueKind.Array } addresses
            ? [.. addresses.EnumerateArray().Select(a => IpText.Parse(JsonText.Text(a, "local"))).OfType<IPAddress>()]
            : []);
    }
}

/// <summary>IP addresses as Nova takes them.</summary>
internal static class IpText
{
    /// <summary>The address, or null; an IPv4 address has four parts here, while inet_aton(3) takes fewer.</summary>
    public static IPAddress? Parse(string? text) => IPAddress.TryParse(text, out var address) && (text.Contains(':') || text.AsSpan().Count('.') == 3) ? address : null;
}

/// <summary>How far the host's clock is from that of the API.</summary>
/// <param name="OffsetSeconds">Positive when the host is ahead.</param>
/// <param name="DoubtSeconds">By how much that may be wrong: a Date header has whole seconds, and the request took a while.</param>
/// <param name="Quote">The lines.</param>
internal sealed record ClockReading(double OffsetSeconds, double DoubtSeconds, string Quote)
{
    public static ClockReading? Read(Notes notes)
    {
        if (notes.Answer(ExhibitIds.Clock) is not { } exhibit)
            return null;
        var facts = Facts.Of(exhibit, ' ');
        if (Times.Utc(facts["before"]) is not { } before || Times.Utc(facts["after"]) is not { } after || Date(facts["date"]) is not { } date || after < before)
        {
            notes.Malformed(exhibit, "it has no usable times");
            return null;
        }

        // The header's second began up to a second before it was sent.
        var middle = before + ((after - before) / 2);
        return new ClockReading((middle - date).TotalSeconds - 0.5, 0.5 + ((after - before).TotalSeconds / 2), $"{facts.Line("date")}; {facts.Line("before")}");
    }

    private static DateTimeOffset? Date(string? text) =>
        DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
}

/// <summary>Whether a broker takes connections.</summary>
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

/// <summary>Hosts that are mapped to a cell.</summary>
internal static class MappedHosts
{
    private const string Column = "Hostname";

    /// <summary>From the table of <c>nova-manage cell_v2 list_hosts</c>, or null.</summary>
    public static IReadOnlyList<string>? Read(Notes notes)
    {
        if (notes.Answer(ExhibitIds.MappedHosts) is not { } exhibit)
            return null;
        var rows = exhibit.Text.Split('\n').Where(l => l.StartsWith('|')).Select(l => l.Trim().Trim('|').Split('|').Select(c => c.Trim()).ToArray()).ToList();
        var column = rows.Count == 0 ? -1 : Array.IndexOf(rows[0], Column);
        if (column >= 0 && !exhibit.Truncated)
            return [.. rows.Skip(1).Where(r => r.Length > column && r[column].Length > 0).Select(r => r[column])];
        notes.Malformed(exhibit, "it is not the table of list_hosts");
        return null;
    }
}

/// <summary>A record of Neutron's agents.</summary>
internal sealed record NeutronAgent(string Binary, string Type, string Host, bool IsAlive, bool IsEnabled, string Quote)
{
    /// <summary>True for agents that plug servers in; without DHCP or routing a server still starts.</summary>
    public bool PlugsServers => Type is "Linux bridge agent" or "Open vSwitch agent" or "Macvtap agent" or "NIC Switch agent" or "OVN Controller agent" or "OVN Controller Gateway agent";

    public static IReadOnlyList<NeutronAgent>? ReadAll(Notes notes) =>
        notes.Answer(ExhibitIds.Agents) is { } exhibit && JsonText.List(exhibit, "agents", notes) is { } list ? [.. list.Select(Read).OfType<NeutronAgent>()] : null;

    private static NeutronAgent? Read(JsonElement agent) =>
        JsonText.Text(agent, "host") is not { } host || JsonText.Text(agent, "agent_type") is not { } type || JsonText.Truth(agent, "alive") is not { } alive
            ? null
            : new NeutronAgent(
                JsonText.Text(agent, "binary") ?? type, type, host, alive, JsonText.Truth(agent, "admin_state_up") != false,
                JsonText.Quote(agent, "binary", "host", "alive", "admin_state_up", "heartbeat_timestamp"));
}

/// <summary>Whether a unit's process runs with what is on disk.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="State">fresh, stale or unknown.</param>
/// <param name="By">How that is known: stamp, report or times.</param>
/// <param name="Files">Files that differ.</param>
/// <param name="Options">Options that differ, SECTION.NAME; empty when that is not known.</param>
internal sealed record FreshnessState(string Unit, string State, string? By, IReadOnlyList<string> Files, IReadOnlyList<string> Options)
{
    public string Exhibit => ExhibitIds.Freshness(Unit);

    public bool IsStale => State == "stale";

    /// <summary>True when the process itself or its stamp says so; times are a hint only.</summary>
    public bool IsProven => By is "stamp" or "report";

    /// <summary>What the exhibit says, in its words.</summary>
    public string Quote => string.Join("; ", (string[])[$"state {State}", .. By is null ? Array.Empty<string>() : [$"by {By}"], .. Files.Select(f => $"file {f}"), .. Options.Select(o => $"option {o}")]);

    public static IReadOnlyDictionary<string, FreshnessState> ReadAll(Bundle bundle, Notes notes)
    {
        var states = new Dictionary<string, FreshnessState>(StringComparer.Ordinal);
        var prefix = ExhibitIds.Freshness("");
        foreach (var exhibit in bundle.StartingWith(prefix))
        {
            if (notes.Answer(exhibit) is null)
                continue;
            var facts = Facts.Of(exhibit, ' ');
            var unit = exhibit.Id[prefix.Length..];
            if (facts["state"] is "fresh" or "stale" && facts["state"] is { } state)
                states[unit] = new FreshnessState(unit, state, facts["by"], facts.All("file"), facts.All("option"));
            else
                notes.Malformed(exhibit, "it is not known what the process has loaded");
        }

        return states;
    }
}
