using Cloudlet.DesiredState.Kinds.DatabaseAccounts;
using Cloudlet.Resources.Sql;

namespace Cloudlet.Resources.Kinds.DatabaseAccounts;

/// <summary>The statements that bring an account from its present to its described state. The password occurs only as its hash.</summary>
/// <param name="desired">The description.</param>
/// <param name="observed">The present state; null: absent.</param>
/// <param name="hash">Hash of the password.</param>
internal sealed class AccountStatements(DatabaseAccountSpec desired, DatabaseAccountSpec? observed, string hash)
{
    private readonly HashSet<string> _hosts = [.. observed?.Hosts ?? []];
    private readonly HashSet<string> _present = [.. observed?.Databases ?? []];
    private readonly IReadOnlyList<string>? _databases = desired.Databases;

    /// <summary>Every statement, in order.</summary>
    public IEnumerable<string> All()
    {
        foreach (var host in desired.Hosts ?? [])
        foreach (var statement in From(host))
            yield return statement;
        foreach (var host in _hosts.Except(desired.Hosts ?? [.. _hosts], StringComparer.Ordinal).Order(StringComparer.Ordinal))
            yield return Drop(desired.Name, host);
    }

    /// <summary>Removes an account.</summary>
    public static string Drop(string name, string host) => $"DROP USER IF EXISTS {SqlText.Account(name, host)}";

    private IEnumerable<string> From(string host)
    {
        var account = SqlText.Account(desired.Name, host);
        var isNew = !_hosts.Contains(host);
        if (isNew)
            yield return $"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY PASSWORD '{hash}'";
        else if (desired.Login is not null && observed?.Login != desired.Login)
            yield return $"ALTER USER {account} IDENTIFIED BY PASSWORD '{hash}' ACCOUNT UNLOCK";
        if (_databases is null)
            yield break;

        // A privilege that is more than a database, or on a part of one, goes with all others: they return in the same call.
        var extra = _present.Except(_databases, StringComparer.Ordinal).ToList();
        var isForeign = !isNew && extra.Exists(static e => e.AsSpan().IndexOfAny(" .*%") >= 0);
        if (isForeign)
            yield return $"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account}";
        else if (!isNew)
            foreach (var database in extra)
                yield return $"REVOKE ALL PRIVILEGES ON {SqlText.AllOf(database)} FROM {account}";
        foreach (var database in _databases)
            if (isNew || isForeign || !_present.Contains(database))
                yield return $"GRANT ALL PRIVILEGES ON {SqlText.AllOf(database)} TO {account}";
    }
}
