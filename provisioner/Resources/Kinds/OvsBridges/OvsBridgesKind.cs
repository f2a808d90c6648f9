using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.OvsBridges;
using Cloudlet.Resources.Ovsdb;

namespace Cloudlet.Resources.Kinds.OvsBridges;

/// <summary>Bridges of the host's Open vSwitch. Ports that others added, such as those of guests, are never touched.</summary>
/// <param name="ovsdb">The database of Open vSwitch.</param>
public sealed class OvsBridgesKind(OvsdbClient ovsdb)
    : IObservesMany<OvsBridgeSpec>,
        ICanRemove<OvsBridgeSpec>,
        ITriggered<OvsBridgeSpec>,
        IHealTraits
{
    private readonly BridgeTables _tables = new(ovsdb);

    /// <inheritdoc/>
    public HealTraits Traits { get; } = new() { NeedsDependencies = true };

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<OvsBridgeSpec?>> ObserveManyAsync(IReadOnlyList<OvsBridgeSpec> desired, CancellationToken ct)
    {
        if (!ovsdb.IsInstalled)
            return new OvsBridgeSpec?[desired.Count];
        var bridges = await _tables.ReadAsync(ct);
        return [.. desired.Select(spec => bridges.FirstOrDefault(b => b.Name == spec.Name) is { } bridge ? Observed(spec, bridge) : null)];
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(OvsBridgeSpec desired, OvsBridgeSpec? observed, ChangeAction action, CancellationToken ct) =>
        await new BridgeChange(desired, await _tables.ReadAsync(ct)).RunAsync(ovsdb, ct);

    /// <inheritdoc/>
    public bool CanRemove(OvsBridgeSpec spec) => true;

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(OvsBridgeSpec spec, CancellationToken ct)
    {
        if ((await _tables.ReadAsync(ct)).FirstOrDefault(b => b.Name == spec.Name) is { } bridge)
            await BridgeChange.RemoveAsync(bridge, ovsdb, ct);
    }

    /// <summary>A port whose link was deleted and made again is opened again by Open vSwitch itself.</summary>
    public IEnumerable<Trigger> TriggersOf(OvsBridgeSpec spec) => [new Trigger(TriggerKind.Unit, "ovsdb-server.service")];

    private static OvsBridgeSpec Observed(OvsBridgeSpec desired, BridgeRow bridge) =>
        desired with
        {
            Datapath = bridge.Datapath.Length > 0 ? bridge.Datapath : "system",
            FailMode = bridge.FailMode ?? "standalone",
            Ports =
            [
                .. bridge
                    .Ports.Where(p => p.IsOurs || desired.Ports?.Contains(p.Name) == true)
                    .Select(static p => p.Name)
                    .Order(StringComparer.Ordinal),
            ],
        };
}
