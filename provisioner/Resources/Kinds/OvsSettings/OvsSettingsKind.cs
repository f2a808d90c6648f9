using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.OvsSettings;
using Cloudlet.Resources.Ovsdb;

namespace Cloudlet.Resources.Kinds.OvsSettings;

/// <summary>
/// Settings of the host's Open vSwitch. One that leaves the description gets the value from before our first change, or is removed. The
/// daemon finds a changed one at its full check.
/// </summary>
/// <param name="ovsdb">The database of Open vSwitch.</param>
public sealed class OvsSettingsKind(OvsdbClient ovsdb)
    : IObservesMany<OvsSettingSpec>,
        ICanRemove<OvsSettingSpec>,
        ITriggered<OvsSettingSpec>,
        IHealTraits
{
    private const string Table = "Open_vSwitch";

    /// <inheritdoc/>
    public HealTraits Traits { get; } = new() { NeedsDependencies = true };

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<OvsSettingSpec?>> ObserveManyAsync(IReadOnlyList<OvsSettingSpec> desired, CancellationToken ct)
    {
        if (!ovsdb.IsInstalled)
            return new OvsSettingSpec?[desired.Count];
        var results = await ovsdb.TransactAsync([OvsdbValue.Select(Table, OvsdbValue.Everything, OvsSettingSpec.Columns)], ct);
        var row = OvsdbValue.Rows(results[0]) is [var only] ? only : throw OvsdbClient.Broken("no row of settings");
        var columns = OvsSettingSpec.Columns.ToDictionary(static c => c, c => OvsdbValue.MapOf(row, c), StringComparer.Ordinal);
        return
        [
            .. desired.Select(spec =>
                Parts(spec) is var (column, key) && columns[column].TryGetValue(key, out var value) ? spec with { Value = value } : null
            ),
        ];
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(OvsSettingSpec desired, OvsSettingSpec? observed, ChangeAction action, CancellationToken ct)
    {
        var (column, key) = Parts(desired);
        await ovsdb.TransactAsync(
            [
                OvsdbValue.Mutate(
                    Table,
                    OvsdbValue.Everything,
                    OvsdbValue.Mutation(column, "delete", OvsdbValue.Set(key)),
                    OvsdbValue.Mutation(column, "insert", OvsdbValue.Map(key, desired.Value ?? ""))
                ),
            ],
            ct
        );
    }

    /// <inheritdoc/>
    public bool CanRemove(OvsSettingSpec spec) => true;

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(OvsSettingSpec spec, CancellationToken ct)
    {
        var (column, key) = Parts(spec);
        await ovsdb.TransactAsync(
            [OvsdbValue.Mutate(Table, OvsdbValue.Everything, OvsdbValue.Mutation(column, "delete", OvsdbValue.Set(key)))],
            ct
        );
    }

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(OvsSettingSpec spec) => [new Trigger(TriggerKind.Unit, "ovsdb-server.service")];

    private static (string Column, string Key) Parts(OvsSettingSpec spec)
    {
        var colon = spec.Name.IndexOf(':', StringComparison.Ordinal);
        return (spec.Name[..colon], spec.Name[(colon + 1)..]);
    }
}
