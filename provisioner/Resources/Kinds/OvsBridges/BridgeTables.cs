using System.Text.Json;
using Cloudlet.Resources.Ovsdb;

namespace Cloudlet.Resources.Kinds.OvsBridges;

/// <summary>A port of a bridge.</summary>
/// <param name="Id">Id of its row.</param>
/// <param name="Name">Its name, and that of its link.</param>
/// <param name="IsOurs">Whether it has the mark of a port that we added.</param>
internal sealed record PortRow(string Id, string Name, bool IsOurs);

/// <summary>A bridge.</summary>
/// <param name="Id">Id of its row.</param>
/// <param name="Name">Its name.</param>
/// <param name="Datapath">Type of its datapath; empty: the kernel's.</param>
/// <param name="FailMode">What it does without a controller; null: nothing was set.</param>
/// <param name="Ports">Its ports, without the one that has its own name.</param>
internal sealed record BridgeRow(string Id, string Name, string Datapath, string? FailMode, IReadOnlyList<PortRow> Ports);

/// <summary>The tables of Open vSwitch that describe bridges.</summary>
internal sealed class BridgeTables(OvsdbClient ovsdb)
{
    /// <summary>Key of external_ids on rows that we inserted.</summary>
    public const string Mark = "cloudlet";

    /// <summary>All bridges with their ports, as they are in one moment.</summary>
    public async Task<IReadOnlyList<BridgeRow>> ReadAsync(CancellationToken ct)
    {
        var results = await ovsdb.TransactAsync(
            [
                OvsdbValue.Select("Bridge", OvsdbValue.Everything, "_uuid", "name", "datapath_type", "fail_mode", "ports"),
                OvsdbValue.Select("Port", OvsdbValue.Everything, "_uuid", "name", "external_ids"),
            ],
            ct
        );
        var ports = OvsdbValue.Rows(results[1]).Select(PortIn).ToDictionary(static p => p.Id, StringComparer.Ordinal);
        return [.. OvsdbValue.Rows(results[0]).Select(row => BridgeIn(row, ports))];
    }

    private static PortRow PortIn(JsonElement row) =>
        new(OvsdbValue.IdOf(row), OvsdbValue.Text(row, "name") ?? "", OvsdbValue.MapOf(row, "external_ids").ContainsKey(Mark));

    private static BridgeRow BridgeIn(JsonElement row, Dictionary<string, PortRow> ports)
    {
        var name = OvsdbValue.Text(row, "name") ?? "";
        return new BridgeRow(
            OvsdbValue.IdOf(row),
            name,
            OvsdbValue.Text(row, "datapath_type") ?? "",
            OvsdbValue.Text(row, "fail_mode"),
            [.. OvsdbValue.Ids(row, "ports").Select(id => ports.GetValueOrDefault(id)).OfType<PortRow>().Where(p => p.Name != name)]
        );
    }
}
