using Cloudlet.DesiredState.Kinds.Databases;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.DatabaseAccounts;

/// <summary>Rules for accounts of MariaDB.</summary>
internal static class DatabaseAccountRules
{
    /// <summary>Longest name of an account, in characters; the tables of older servers have no room for more.</summary>
    private const int LongestName = 80;
    private const int LongestHost = 255;

    /// <summary>Accounts of the server and of its Debian package.</summary>
    private static readonly string[] OfServer = ["debian-sys-maint", "mariadb.sys", "mysql", "public", "root"];

    public static void Check(HostCheck check)
    {
        var accounts = check.Host.DatabaseAccounts ?? new Dictionary<string, DatabaseAccountSection>(StringComparer.Ordinal);
        foreach (var (name, account) in accounts)
        {
            if (name.Length is 0 or > LongestName || name[0] == '-' || !Names.HasOnly(name, "_.-"))
                check.Report.Key(
                    $"\"{name}\" is not a valid account name: 1-{LongestName} letters, digits, '_', '.' and '-', not starting with '-'",
                    HostDatabaseAccounts.Key,
                    name
                );
            else if (OfServer.Contains(name, StringComparer.OrdinalIgnoreCase))
                check.Report.Key($"the account {name} belongs to the server; choose another name", HostDatabaseAccounts.Key, name);
            SecretFiles.Check(account.Secret, check, HostDatabaseAccounts.Key, name);
            Hosts(name, account, check.Report);
            Databases(name, account, check);
        }
    }

    private static void Hosts(string name, DatabaseAccountSection account, HostReport report)
    {
        if (account.Hosts is { Count: 0 })
            report.Value(
                "an account needs at least one host; leave `hosts` out for localhost and 127.0.0.1",
                HostDatabaseAccounts.Key,
                name,
                "hosts"
            );
        foreach (var host in account.Hosts ?? [])
            if (host.Length is 0 or > LongestHost || !Names.HasOnly(host, ".:%_/-") || host.Any(char.IsAsciiLetterUpper))
                report.Value(
                    $"\"{host}\" is not a valid host of an account: lower-case letters, digits, '.', ':', '-', '/', and the wildcards % "
                        + "and _",
                    HostDatabaseAccounts.Key,
                    name,
                    "hosts"
                );
    }

    private static void Databases(string name, DatabaseAccountSection account, HostCheck check)
    {
        foreach (var database in account.Databases ?? [])
            if (check.Host.Databases?.ContainsKey(database) != true && !check.Report.IsDamaged(HostDatabases.Key))
                check.Report.Value(
                    $"the database \"{database}\" is not declared; add it to `databases`"
                        + Spelling.Hint(database, check.Host.Databases?.Keys ?? []),
                    HostDatabaseAccounts.Key,
                    name,
                    "databases"
                );
    }
}
