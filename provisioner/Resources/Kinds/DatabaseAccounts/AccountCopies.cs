using System.Text;
using Cloudlet.DesiredState.Kinds.DatabaseAccounts;
using Cloudlet.Resources.Sql;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.DatabaseAccounts;

/// <summary>Earlier states of accounts for a rollback: the server's own statements that create them, in the vault.</summary>
internal sealed class AccountCopies(SqlClient sql, ContentVault vault)
{
    private const string Creates = "CREATE USER ";

    /// <summary>Stores an account as it is, and refers to it.</summary>
    public async Task<string> SealAsync(string name, IReadOnlyList<string> hosts, CancellationToken ct) =>
        ContentVault.Reference(vault.Seal(await TextAsync(name, hosts, ct)));

    /// <summary>True when an account is exactly as it was stored.</summary>
    public async Task<bool> IsAsStoredAsync(string id, string name, IReadOnlyList<string> hosts, CancellationToken ct) =>
        vault.IsIdOf(id, await TextAsync(name, hosts, ct));

    /// <summary>The statements that restore a stored account, with the password that it had.</summary>
    /// <param name="id">Its id in the vault.</param>
    /// <param name="desired">The stored state.</param>
    /// <param name="present">Hosts from which the account exists now.</param>
    public IEnumerable<string> Restore(string id, DatabaseAccountSpec desired, IReadOnlyList<string> present)
    {
        foreach (var host in present.Except(desired.Hosts ?? [], StringComparer.Ordinal))
            yield return AccountStatements.Drop(desired.Name, host);
        foreach (var line in Encoding.UTF8.GetString(vault.Unseal(id)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            yield return line.StartsWith(Creates, StringComparison.Ordinal) ? $"CREATE OR REPLACE USER {line[Creates.Length..]}" : line;
    }

    private async Task<byte[]> TextAsync(string name, IReadOnlyList<string> hosts, CancellationToken ct)
    {
        var lines = await sql.RunAsync(
            hosts
                .Order(StringComparer.Ordinal)
                .Select(host => SqlText.Account(name, host))
                .SelectMany(static account => new[] { $"SHOW CREATE USER {account}", $"SHOW GRANTS FOR {account}" }),
            ct
        );
        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }
}
