using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.OvsBridges;
using Cloudlet.Errors;
using Cloudlet.Resources.Ovsdb;

namespace Cloudlet.Resources.Kinds.OvsBridges;

/// <summary>The transaction that makes a bridge as described. Rows that nothing refers to any more are removed by the database.</summary>
/// <param name="desired">The bridge as described.</param>
/// <param name="bridges">All bridges as they are.</param>
internal sealed class BridgeChange(OvsBridgeSpec desired, IReadOnlyList<BridgeRow> bridges)
{
    private const string Root = "Open_vSwitch";
    private const string NewBridge = "bridge";

    private readonly List<JsonObject> _operations = [];
    private readonly BridgeRow? _present = bridges.FirstOrDefault(b => b.Name == desired.Name);

    /// <summary>Runs it; does nothing when the bridge is as described.</summary>
    public async Task RunAsync(OvsdbClient ovsdb, CancellationToken ct)
    {
        var ports = PortsToAdd().Select(Inserted).ToList();
        if (_present is null)
            Create(ports);
        else
            Change(_present, ports);
        if (_operations.Count > 0)
            await ovsdb.TransactAsync(_operations, ct);
    }

    /// <summary>Removes a bridge with all its ports.</summary>
    public static Task RemoveAsync(BridgeRow bridge, OvsdbClient ovsdb, CancellationToken ct) =>
        ovsdb.TransactAsync(
            [
                OvsdbValue.Mutate(
                    Root,
                    OvsdbValue.Everything,
                    OvsdbValue.Mutation("bridges", "delete", OvsdbValue.Set(OvsdbValue.Row(bridge.Id)))
                ),
            ],
            ct
        );

    private List<string> PortsToAdd()
    {
        var missing = (desired.Ports ?? []).Where(p => _present?.Ports.Any(row => row.Name == p) != true).ToList();
        foreach (var port in missing)
            if (bridges.FirstOrDefault(b => b.Ports.Any(row => row.Name == port)) is { } holder)
                throw new CloudletException(
                    ErrorKind.AlreadyExists,
                    $"{port} is a port of {holder.Name}; remove it there (`ovs-vsctl del-port {holder.Name} {port}`), or describe it there"
                );
        return missing;
    }

    private void Create(List<JsonArray> ports)
    {
        ports.Add(Inserted(desired.Name, type: "internal"));
        var row = Columns();
        row["name"] = desired.Name;
        row["ports"] = OvsdbValue.Set([.. ports]);
        row["external_ids"] = OvsdbValue.Map(BridgeTables.Mark, "bridge");
        _operations.Add(OvsdbValue.Insert("Bridge", NewBridge, row));
        _operations.Add(
            OvsdbValue.Mutate(
                Root,
                OvsdbValue.Everything,
                OvsdbValue.Mutation("bridges", "insert", OvsdbValue.Set(OvsdbValue.NewRow(NewBridge)))
            )
        );
    }

    private void Change(BridgeRow bridge, List<JsonArray> ports)
    {
        var where = OvsdbValue.Where("_uuid", OvsdbValue.Row(bridge.Id));
        if (Columns() is { Count: > 0 } columns)
            _operations.Add(OvsdbValue.Update("Bridge", where, columns));
        var left = bridge.Ports.Where(p => p.IsOurs && desired.Ports?.Contains(p.Name) != true).Select(p => OvsdbValue.Row(p.Id)).ToList();
        var mutations = new List<JsonArray>();
        if (left.Count > 0)
            mutations.Add(OvsdbValue.Mutation("ports", "delete", OvsdbValue.Set([.. left])));
        if (ports.Count > 0)
            mutations.Add(OvsdbValue.Mutation("ports", "insert", OvsdbValue.Set([.. ports])));
        if (mutations.Count > 0)
            _operations.Add(OvsdbValue.Mutate("Bridge", (JsonArray)where.DeepClone(), mutations));
    }

    private JsonObject Columns()
    {
        var row = new JsonObject();
        if (desired.Datapath is { } datapath)
            row["datapath_type"] = datapath;
        if (desired.FailMode is { } mode)
            row["fail_mode"] = OvsdbValue.Set(mode);
        return row;
    }

    private JsonArray Inserted(string port) => Inserted(port, type: null);

    private JsonArray Inserted(string port, string? type)
    {
        // Names of rows are words of the protocol, and those of links are not.
        var number = _operations.Count;
        var link = new JsonObject { ["name"] = port };
        if (type is not null)
            link["type"] = type;
        _operations.Add(OvsdbValue.Insert("Interface", $"link{number}", link));
        _operations.Add(
            OvsdbValue.Insert(
                "Port",
                $"port{number}",
                new JsonObject
                {
                    ["name"] = port,
                    ["interfaces"] = OvsdbValue.Set(OvsdbValue.NewRow($"link{number}")),
                    ["external_ids"] = OvsdbValue.Map(BridgeTables.Mark, "port"),
                }
            )
        );
        return OvsdbValue.NewRow($"port{number}");
    }
}
