using System.Security.Cryptography;
using System.Text;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.DatabaseAccounts;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.Sql;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.DatabaseAccounts;

/// <summary>
/// Accounts of the host's MariaDB. That the server has the hash of the secret proves the password without a login; services keep their
/// connections when it is set.
/// </summary>
/// <param name="sql">The server.</param>
/// <param name="files">The host's files.</param>
/// <param name="vault">Stores earlier states of accounts.</param>
public sealed class DatabaseAccountsKind(SqlClient sql, IHostFiles files, ContentVault vault)
    : IObservesMany<DatabaseAccountSpec>,
        ICanRemove<DatabaseAccountSpec>,
        ICaptures<DatabaseAccountSpec>,
        ITriggered<DatabaseAccountSpec>,
        IHealTraits
{
    private const string NativePlugin = "mysql_native_password";

    private readonly AccountCopies _copies = new(sql, vault);

    /// <inheritdoc/>
    public HealTraits Traits => HealTraits.OfServer;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DatabaseAccountSpec?>> ObserveManyAsync(
        IReadOnlyList<DatabaseAccountSpec> desired,
        CancellationToken ct
    )
    {
        var answers = new DatabaseAccountSpec?[desired.Count];
        if (!sql.IsInstalled)
            return answers;
        var accounts = await AccountRows.ReadAsync(sql, desired.Select(static d => d.Name), ct);
        for (var i = 0; i < answers.Length; i++)
            if (accounts[desired[i].Name].OrderBy(static a => a.Host, StringComparer.Ordinal).ToList() is { Count: > 0 } rows)
                answers[i] = desired[i] with
                {
                    Hosts = [.. rows.Select(static r => r.Host)],
                    Login = await LoginOfAsync(desired[i], rows, ct),
                    Databases = PrivilegesOf(rows),
                };
        return answers;
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(
        DatabaseAccountSpec desired,
        DatabaseAccountSpec? observed,
        ChangeAction action,
        CancellationToken ct
    ) =>
        await sql.RunAsync(
            ContentVault.IdIn(desired.Login) is { } id
                ? _copies.Restore(id, desired, observed?.Hosts ?? [])
                : new AccountStatements(desired, observed, HashOf(desired)).All(),
            ct
        );

    /// <inheritdoc/>
    public bool CanRemove(DatabaseAccountSpec spec) => true;

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(DatabaseAccountSpec spec, CancellationToken ct)
    {
        if (sql.IsInstalled)
            await sql.RunAsync((spec.Hosts ?? []).Select(host => AccountStatements.Drop(spec.Name, host)), ct);
    }

    /// <inheritdoc/>
    public async ValueTask<DatabaseAccountSpec?> CaptureAsync(DatabaseAccountSpec observed, CancellationToken ct) =>
        observed with
        {
            Login = await _copies.SealAsync(observed.Name, observed.Hosts ?? [], ct),
        };

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(DatabaseAccountSpec spec) =>
        [new Trigger(TriggerKind.Path, spec.SecretFile), new Trigger(TriggerKind.Unit, "mariadb.service")];

    private string HashOf(DatabaseAccountSpec spec) => PasswordHash.Of(SecretFile.ReadPassword(files, spec.SecretFile, spec.Id).Span);

    private async ValueTask<string> LoginOfAsync(DatabaseAccountSpec desired, List<AccountRow> rows, CancellationToken ct)
    {
        if (ContentVault.IdIn(desired.Login) is { } id)
            return await _copies.IsAsStoredAsync(id, desired.Name, [.. rows.Select(static r => r.Host)], ct)
                ? desired.Login!
                : "another than before";
        var hash = Encoding.ASCII.GetBytes(HashOf(desired));
        foreach (var row in rows)
            if (ProblemOf(row, hash) is { } problem)
                return $"{problem} from {row.Host}";
        return DatabaseAccountSpec.Current;
    }

    private static string? ProblemOf(AccountRow row, byte[] hash) =>
        row.Plugin != NativePlugin ? $"{(row.Plugin.Length == 0 ? "no plugin" : row.Plugin)} instead of a password"
        : row.IsLocked ? "locked"
        : CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(row.Hash), hash) ? null
        : "another password";

    /// <summary>A privilege that the account has only from some of its hosts says from which.</summary>
    private static string[] PrivilegesOf(List<AccountRow> rows) =>
        [
            .. rows.SelectMany(static r => r.Privileges.Select(p => (Privilege: p, r.Host)))
                .GroupBy(static p => p.Privilege, static p => p.Host, StringComparer.Ordinal)
                .Select(p => p.Count() == rows.Count ? p.Key : $"{p.Key} (from {string.Join(", ", p)})")
                .Order(StringComparer.Ordinal),
        ];
}
