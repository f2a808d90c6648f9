using System.Text.Json;
using Cloudlet.Resources.Sql;

namespace Cloudlet.Resources.Kinds.DatabaseAccounts;

/// <summary>One account of the server: a user from a host.</summary>
/// <param name="Host">The host.</param>
/// <param name="Plugin">How it proves who it is.</param>
/// <param name="Hash">What the plugin stores.</param>
/// <param name="IsLocked">True when it may not log in.</param>
/// <param name="Privileges">Name of a database on which it has all privileges, or a text for anything else that it may do.</param>
internal sealed record AccountRow(string Host, string Plugin, string Hash, bool IsLocked, IReadOnlySet<string> Privileges);

/// <summary>Reads accounts and their privileges, all with one call.</summary>
internal static class AccountRows
{
    /// <summary>A privilege on everything.</summary>
    public const string Everything = "*.*";

    /// <summary>
    /// The number of privileges on a database differs between releases; the server's own table has a column for each, and one for the
    /// right to grant them. The views list privileges of this session's roles, too, so they are joined by the whole name of the grantee.
    /// </summary>
    private static readonly string[] Grants =
    [
        "SELECT JSON_OBJECT('all', COUNT(*)) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'db' "
            + "AND RIGHT(COLUMN_NAME, 5) = '_priv' AND COLUMN_NAME <> 'Grant_priv'",
        "SELECT JSON_OBJECT('grantee', GRANTEE, 'pattern', TABLE_SCHEMA, 'count', COUNT(*), 'grants', MAX(IS_GRANTABLE), 'names', "
            + "GROUP_CONCAT(PRIVILEGE_TYPE ORDER BY PRIVILEGE_TYPE SEPARATOR ', ')) FROM information_schema.SCHEMA_PRIVILEGES "
            + "GROUP BY GRANTEE, TABLE_SCHEMA",
        "SELECT JSON_OBJECT('grantee', GRANTEE, 'table', CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)) "
            + "FROM information_schema.TABLE_PRIVILEGES GROUP BY GRANTEE, TABLE_SCHEMA, TABLE_NAME",
    ];

    /// <summary>The accounts of each of these users, by user; none for a user that does not exist.</summary>
    public static async Task<ILookup<string, AccountRow>> ReadAsync(SqlClient sql, IEnumerable<string> users, CancellationToken ct)
    {
        var rows = await sql.QueryAsync(
            [
                "SELECT JSON_OBJECT('user', User, 'host', Host, 'plugin', JSON_VALUE(Priv, '$.plugin'), 'hash', "
                    + "JSON_VALUE(Priv, '$.authentication_string'), 'locked', JSON_VALUE(Priv, '$.account_locked'), 'access', "
                    + "JSON_VALUE(Priv, '$.access'), 'several', JSON_EXISTS(Priv, '$.auth_or')) FROM mysql.global_priv "
                    + $"WHERE Host <> '' AND User IN {SqlText.Values(users)}",
                .. Grants,
            ],
            ct
        );
        var all = rows.Where(static r => r.TryGetProperty("all", out _)).Select(static r => r.GetProperty("all").GetInt32()).Single();
        var privileges = rows.Where(static r => r.TryGetProperty("grantee", out _))
            .ToLookup(static r => r.Text("grantee"), r => PrivilegeOf(r, all), StringComparer.Ordinal);
        return rows.Where(static r => r.TryGetProperty("user", out _))
            .ToLookup(
                static r => r.Text("user"),
                r => new AccountRow(
                    r.Text("host"),
                    IsSet(r, "several") ? "several plugins" : r.Text("plugin"),
                    r.Text("hash"),
                    IsSet(r, "locked"),
                    new SortedSet<string>(
                        [.. privileges[$"'{r.Text("user")}'@'{r.Text("host")}'"], .. IsSet(r, "access") ? [Everything] : (string[])[]],
                        StringComparer.Ordinal
                    )
                ),
                StringComparer.Ordinal
            );
    }

    private static string PrivilegeOf(JsonElement row, int all)
    {
        if (row.TryGetProperty("table", out var table))
            return $"table {table.GetString()}";
        var pattern = row.Text("pattern");
        var isAll = row.GetProperty("count").GetInt32() == all;
        var mayGrant = row.Text("grants") == "YES";
        var name = SqlText.DatabaseOf(pattern) ?? $"pattern {pattern}";
        return isAll && !mayGrant ? name : $"{name} ({(isAll ? "ALL" : row.Text("names"))}{(mayGrant ? ", GRANT OPTION" : "")})";
    }

    /// <summary>True for a flag or number that is neither absent nor zero, whichever way the server writes it.</summary>
    private static bool IsSet(JsonElement row, string name) =>
        row.GetProperty(name) is var value
        && value.ValueKind switch
        {
            JsonValueKind.Number => value.GetInt64() != 0,
            JsonValueKind.String => !value.ValueEquals("0") && !value.ValueEquals("false"),
            _ => value.ValueKind == JsonValueKind.True,
        };
}
