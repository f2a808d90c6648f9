using System.Globalization;
using System.Text.RegularExpressions;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.NovaCells;
using Cloudlet.Errors;
using Cloudlet.Resources.Sql;

namespace Cloudlet.Resources.Kinds.NovaCells;

/// <summary>
/// Cells of Nova, read and set in the table that lists them: nova-manage takes seconds for each, and makes a second cell of the same name
/// when it is run again. Mappings of hosts and servers refer to cells, so none is removed.
/// </summary>
/// <param name="sql">The server.</param>
public sealed partial class NovaCellsKind(SqlClient sql)
    : IObservesMany<NovaCellSpec>,
        ICanRemove<NovaCellSpec>,
        ITriggered<NovaCellSpec>,
        IHealTraits
{
    /// <summary>The id by which Nova knows cell0.</summary>
    private static readonly Guid ZeroId = Guid.Empty;

    /// <inheritdoc/>
    public HealTraits Traits => HealTraits.OfServer;

    /// <inheritdoc/>
    /// <remarks>A table that does not exist yet has no cells; a query of it would be an error.</remarks>
    public async ValueTask<IReadOnlyList<NovaCellSpec?>> ObserveManyAsync(IReadOnlyList<NovaCellSpec> desired, CancellationToken ct)
    {
        var observed = new NovaCellSpec?[desired.Count];
        if (!sql.IsInstalled)
            return observed;
        foreach (var database in desired.Select(static d => d.ApiDatabase).Distinct(StringComparer.Ordinal))
        {
            var cells = await ReadAsync(database, ct);
            for (var i = 0; i < observed.Length; i++)
                if (desired[i].ApiDatabase == database)
                    observed[i] = Only(desired[i], cells[IdentityOf(desired[i])]);
        }

        return observed;
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(NovaCellSpec desired, NovaCellSpec? observed, ChangeAction action, CancellationToken ct)
    {
        var id = desired.Name == NovaCellSpec.Zero ? ZeroId : Guid.NewGuid();
        var isDisabled = desired.Disabled == true ? 1 : 0;
        var table = TableIn(desired.ApiDatabase);
        await sql.RunAsync(
            [
                observed is null
                    ? $"INSERT INTO {table} (created_at, uuid, name, transport_url, database_connection, disabled) "
                        + $"VALUES (UTC_TIMESTAMP(), {SqlText.Value(id.ToString())}, "
                        + $"{SqlText.Value(desired.Name)}, {SqlText.Value(desired.Transport ?? "")}, "
                        + $"{SqlText.Value(desired.Connection ?? "")}, {isDisabled})"
                    : $"UPDATE {table} SET updated_at = UTC_TIMESTAMP(), transport_url = {SqlText.Value(desired.Transport ?? "")}, "
                        + $"database_connection = {SqlText.Value(desired.Connection ?? "")}, disabled = {isDisabled} "
                        + $"WHERE {(desired.Name == NovaCellSpec.Zero ? "uuid" : "name")} = {SqlText.Value(IdentityOf(desired))}",
            ],
            ct
        );
    }

    /// <inheritdoc/>
    public bool CanRemove(NovaCellSpec spec) => false;

    /// <inheritdoc/>
    public string KeptBecause(NovaCellSpec spec) =>
        $"Nova finds hosts and servers through their cell; `nova-manage cell_v2 delete_cell` removes an empty one";

    /// <inheritdoc/>
    public ValueTask RemoveAsync(NovaCellSpec spec, CancellationToken ct) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(NovaCellSpec spec) => [new Trigger(TriggerKind.Unit, "mariadb.service")];

    private static string TableIn(string database) => $"{SqlText.Name(database)}.cell_mappings";

    /// <summary>What tells a cell from others: cell0 has a fixed id and may have another name.</summary>
    private static string IdentityOf(NovaCellSpec spec) => spec.Name == NovaCellSpec.Zero ? ZeroId.ToString() : spec.Name;

    private async Task<ILookup<string, CellRow>> ReadAsync(string database, CancellationToken ct)
    {
        var select =
            "SELECT JSON_OBJECT('uuid', uuid, 'name', name, 'transport', transport_url, 'connection', database_connection, "
            + $"'disabled', disabled) FROM {TableIn(database)}";
        var rows = await sql.QueryAsync(
            [
                $"SET @query = (SELECT {SqlText.Value(select)} FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
                    + $"{SqlText.Value(database)} AND TABLE_NAME = 'cell_mappings')",
                "EXECUTE IMMEDIATE IFNULL(@query, 'DO 0')",
            ],
            ct
        );
        return rows.Select(static r => new CellRow(
                r.Text("uuid"),
                r.Text("name"),
                WithoutPassword(r.Text("transport")),
                WithoutPassword(r.Text("connection")),
                r.Text("disabled") != "0"
            ))
            .ToLookup(static c => c.Id == ZeroId.ToString() ? c.Id : c.Name, StringComparer.Ordinal);
    }

    private static NovaCellSpec? Only(NovaCellSpec desired, IEnumerable<CellRow> rows) =>
        rows.ToList() switch
        {
            [] => null,
            [var row] => desired with { Connection = row.Connection, Transport = row.Transport, Disabled = row.IsDisabled },
            var more => throw new CloudletException(
                ErrorKind.AlreadyExists,
                $"{desired.Id}: {more.Count.ToString(CultureInfo.InvariantCulture)} cells have this name ("
                    + $"{string.Join(", ", more.Select(static c => c.Id))}); `nova-manage cell_v2 delete_cell --cell_uuid` removes the one "
                    + "without hosts"
            ),
        };

    /// <summary>A URL that is not a template has the password itself.</summary>
    private static string WithoutPassword(string url) =>
        Password().Replace(url, static m => m.Groups["password"].Value == "{password}" ? m.Value : $"{m.Groups["user"].Value}:***@");

    [GeneratedRegex(@"(?<user>://[^:/@]*):(?<password>[^@]*)@", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Password();

    private sealed record CellRow(string Id, string Name, string Transport, string Connection, bool IsDisabled);
}
