using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Machine;
using Cloudlet.Resources.Ovsdb;

namespace Cloudlet.Collect;

/// <summary>What Open vSwitch says about itself.</summary>
/// <param name="machine">The host.</param>
internal sealed class SwitchEvidence(IMachine machine)
{
    private const string Socket = "/run/openvswitch/db.sock";
    private const string Mappings = "ovn-bridge-mappings";

    private static readonly string[] Settings = ["system-id", "hostname", "ovn-remote", "ovn-encap-ip", "ovn-encap-type"];

    private readonly OvsdbClient _client = new(machine.Files);

    /// <summary>True when it is installed.</summary>
    public bool IsInstalled => _client.IsInstalled;

    /// <summary>Where OVN's southbound database is; null before <see cref="ReadAsync"/>, or without OVN.</summary>
    public string? Remote { get; private set; }

    /// <summary>Settings, mappings, bridges and the socket, a line each.</summary>
    public async Task<string> ReadAsync(CancellationToken ct)
    {
        var text = new StringBuilder();
        if (machine.Files.Stat(Socket) is { } socket)
            text.Append(CultureInfo.InvariantCulture, $"socket {socket.Group} {Convert.ToString((int)socket.Mode, 8)}\n");
        var rows = await _client.TransactAsync([Select("Open_vSwitch", "external_ids"), Select("Bridge", "name")], ct);
        var ids = Map(Rows(rows[0]).FirstOrDefault());
        Remote = ids.GetValueOrDefault("ovn-remote");
        foreach (var name in Settings)
            if (ids.GetValueOrDefault(name) is { Length: > 0 } value)
                text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
        foreach (var mapping in (ids.GetValueOrDefault(Mappings) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
            text.Append(CultureInfo.InvariantCulture, $"mapping {mapping.Trim()}\n");
        foreach (var row in Rows(rows[1]))
            if (row.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String)
                text.Append(CultureInfo.InvariantCulture, $"bridge {name.GetString()}\n");
        return text.ToString();
    }

    private static JsonObject Select(string table, string column) =>
        new()
        {
            ["op"] = "select",
            ["table"] = table,
            ["where"] = new JsonArray(),
            ["columns"] = new JsonArray(JsonValue.Create(column)),
        };

    private static JsonElement[] Rows(JsonElement result) =>
        result.ValueKind == JsonValueKind.Object && result.TryGetProperty("rows", out var rows) && rows.ValueKind == JsonValueKind.Array
            ? [.. rows.EnumerateArray().Where(r => r.ValueKind == JsonValueKind.Object)]
            : [];

    /// <summary>A map of RFC 7047: <c>["map", [[KEY, VALUE], …]]</c>.</summary>
    private static Dictionary<string, string> Map(JsonElement row)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (
            row.ValueKind != JsonValueKind.Object
            || !row.TryGetProperty("external_ids", out var column)
            || column.ValueKind != JsonValueKind.Array
            || column.GetArrayLength() != 2
            || column[1].ValueKind != JsonValueKind.Array
        )
            return map;
        foreach (var pair in column[1].EnumerateArray())
            if (pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2 && pair[1].ValueKind == JsonValueKind.String)
                map[pair[0].ToString()] = pair[1].GetString()!;
        return map;
    }
}
