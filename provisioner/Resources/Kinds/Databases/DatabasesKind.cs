using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Databases;
using Cloudlet.Resources.Sql;

namespace Cloudlet.Resources.Kinds.Databases;

/// <summary>Databases of the host's MariaDB. They hold data, so none is ever dropped.</summary>
/// <param name="sql">The server.</param>
public sealed class DatabasesKind(SqlClient sql)
    : IObservesMany<DatabaseSpec>,
        ICanRemove<DatabaseSpec>,
        ITriggered<DatabaseSpec>,
        IHealTraits
{
    /// <inheritdoc/>
    public HealTraits Traits => HealTraits.OfServer;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DatabaseSpec?>> ObserveManyAsync(IReadOnlyList<DatabaseSpec> desired, CancellationToken ct)
    {
        if (!sql.IsInstalled)
            return [.. desired.Select(static _ => (DatabaseSpec?)null)];
        var rows = await sql.QueryAsync(
            [
                "SELECT JSON_OBJECT('name', SCHEMA_NAME, 'charset', DEFAULT_CHARACTER_SET_NAME, 'collation', DEFAULT_COLLATION_NAME) "
                    + $"FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN {SqlText.Values(desired.Select(static d => d.Name))}",
            ],
            ct
        );
        // The server compares names without regard to case here, and with regard to it everywhere else.
        var found = rows.ToDictionary(static r => r.Text("name"), StringComparer.Ordinal);
        return
        [
            .. desired.Select(spec =>
                found.TryGetValue(spec.Name, out var row)
                    ? spec with
                    {
                        Charset = row.Text("charset"),
                        Collation = row.Text("collation"),
                    }
                    : null
            ),
        ];
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(DatabaseSpec desired, DatabaseSpec? observed, ChangeAction action, CancellationToken ct)
    {
        var verb = observed is null ? "CREATE DATABASE IF NOT EXISTS" : "ALTER DATABASE";
        var charset = desired.Charset is { } set ? $" CHARACTER SET {SqlText.Name(set)}" : "";
        var collation = desired.Collation is { } order ? $" COLLATE {SqlText.Name(order)}" : "";
        if (observed is null || charset.Length + collation.Length > 0)
            await sql.RunAsync([$"{verb} {SqlText.Name(desired.Name)}{charset}{collation}"], ct);
    }

    /// <inheritdoc/>
    public bool CanRemove(DatabaseSpec spec) => false;

    /// <inheritdoc/>
    public string KeptBecause(DatabaseSpec spec) => $"a database is never dropped, because it holds data; `DROP DATABASE {spec.Name}` does";

    /// <inheritdoc/>
    public ValueTask RemoveAsync(DatabaseSpec spec, CancellationToken ct) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(DatabaseSpec spec) => [new Trigger(TriggerKind.Unit, "mariadb.service")];
}
