using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudlet.Machine.Processes;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Sql;

/// <summary>
/// A server that knows the statements that we send, and refuses every other one. As MariaDB does, it stores hashes, takes <c>_</c> in a
/// grant for a wildcard unless it is escaped, and compares the names of databases without case in its views.
/// </summary>
internal sealed partial class FakeMariadb
{
    private const int AllPrivileges = 20;

    public FakeMariadb(FakeMachine machine)
    {
        machine.Files["/usr/sbin/mariadbd"] = "";
        machine.Processes.Readers["mariadb"] = (_, input) => Run(input);
    }

    /// <summary>Name → character set and collation.</summary>
    public Dictionary<string, (string Charset, string Collation)> Databases { get; } = new(StringComparer.Ordinal);

    /// <summary>User and host → account.</summary>
    public Dictionary<(string User, string Host), FakeAccount> Accounts { get; } = [];

    /// <summary>Database → revisions in its table alembic_version; no entry: it has no such table.</summary>
    public Dictionary<string, string[]> Versions { get; } = new(StringComparer.Ordinal);

    /// <summary>Statements that change something, in order.</summary>
    public List<string> Changes { get; } = [];

    /// <summary>Number of times that the client was started.</summary>
    public int Calls { get; private set; }

    /// <summary>The error with which the client ends; null: none.</summary>
    public string? Error { get; set; }

    private List<string> _asked = [];

    private ProcessResult Run(string input)
    {
        Calls++;
        if (Error is not null)
            return new ProcessResult(1, "", Error);
        var output = new StringBuilder();
        foreach (var statement in input.Split(";\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (Answer(statement) is not { } rows)
                return new ProcessResult(1, output.ToString(), $"ERROR 1064 (42000) at line 1: syntax near '{statement}'\n");
            foreach (var row in rows)
                output.Append(row).Append('\n');
        }

        return new ProcessResult(0, output.ToString(), "");
    }

    private IEnumerable<string>? Answer(string statement)
    {
        if (statement.StartsWith("SELECT JSON_OBJECT('name'", StringComparison.Ordinal))
            return Databases
                .Where(d => ValuesIn(statement).Contains(d.Key, StringComparer.OrdinalIgnoreCase))
                .Select(static d => Row(("name", d.Key), ("charset", d.Value.Charset), ("collation", d.Value.Collation)));
        if (statement.StartsWith("SELECT JSON_OBJECT('user'", StringComparison.Ordinal))
            return Accounts.Where(a => ValuesIn(statement).Contains(a.Key.User)).Select(static a => a.Value.Row(a.Key.User, a.Key.Host));
        if (statement.StartsWith("SELECT JSON_OBJECT('all'", StringComparison.Ordinal))
            return [$$"""{"all": {{AllPrivileges}}}"""];
        if (statement.Contains("SCHEMA_PRIVILEGES"))
            return Accounts.SelectMany(static a => a.Value.GrantRows($"'{a.Key.User}'@'{a.Key.Host}'", AllPrivileges));
        if (statement.Contains("TABLE_PRIVILEGES"))
            return [];
        if (statement.StartsWith("SET @query", StringComparison.Ordinal))
        {
            _asked = ValuesIn(statement);
            return [];
        }

        if (statement.StartsWith("EXECUTE IMMEDIATE", StringComparison.Ordinal))
            return Versions
                .Where(v => _asked.Contains(v.Key))
                .SelectMany(static v => v.Value.Select(version => Row(("database", v.Key), ("version", version))));
        if (Show().Match(statement) is { Success: true } show)
            return Accounts[AccountOf(show)].Script(show.Groups["what"].Value, show.Groups["account"].Value);
        Changes.Add(statement);
        return Change(statement) ? [] : null;
    }

    private bool Change(string statement)
    {
        if (Database().Match(statement) is { Success: true } database)
        {
            var name = Unquoted(database.Groups["name"].Value);
            var before = Databases.GetValueOrDefault(name, ("utf8mb4", "utf8mb4_general_ci"));
            var charset = database.Groups["charset"] is { Success: true } c ? c.Value : before.Item1;
            var collation = database.Groups["collation"] is { Success: true } order ? order.Value : $"{charset}_general_ci";
            Databases[name] = (charset, collation);
            return true;
        }

        if (User().Match(statement) is not { Success: true } user)
            return false;
        var key = AccountOf(user);
        switch (user.Groups["verb"].Value)
        {
            case "CREATE USER IF NOT EXISTS" or "CREATE OR REPLACE USER":
                Accounts[key] = new FakeAccount { Hash = user.Groups["hash"].Value };
                break;
            case "ALTER USER":
                var account = Accounts[key];
                (account.Hash, account.Plugin, account.IsLocked) = (user.Groups["hash"].Value, FakeAccount.Native, false);
                break;
            case "DROP USER IF EXISTS":
                Accounts.Remove(key);
                break;
            case "REVOKE ALL PRIVILEGES, GRANT OPTION FROM":
                Accounts[key].Grants.Clear();
                Accounts[key].Access = 0;
                break;
            case "GRANT USAGE ON *.* TO":
                break;
            case var grant when grant.StartsWith("GRANT", StringComparison.Ordinal):
                Accounts[key].Grants[Unquoted(user.Groups["pattern"].Value)] = AllPrivileges;
                break;
            default:
                return Accounts[key].Grants.Remove(Unquoted(user.Groups["pattern"].Value));
        }

        return true;
    }

    private static (string, string) AccountOf(Match match) => (Unquoted(match.Groups["user"].Value), Unquoted(match.Groups["host"].Value));

    private static string Unquoted(string name) => name.Replace("``", "`", StringComparison.Ordinal);

    private static List<string> ValuesIn(string statement) =>
        [.. Hex().Matches(statement).Select(static m => Encoding.UTF8.GetString(Convert.FromHexString(m.Groups["hex"].Value)))];

    internal static string Row(params (string Name, object? Value)[] columns) =>
        $"{{{string.Join(", ", columns.Select(static c => $"\"{c.Name}\": {Json(c.Value)}"))}}}";

    private static string Json(object? value) =>
        value switch
        {
            null => "null",
            int number => number.ToString(CultureInfo.InvariantCulture),
            var text => $"\"{JsonEncodedText.Encode((string)text)}\"",
        };

    private const string Account = "(?<account>`(?<user>(?:[^`]|``)+)`@`(?<host>(?:[^`]|``)+)`)";

    [GeneratedRegex("X'(?<hex>[0-9A-F]*)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Hex();

    [GeneratedRegex("^SHOW (?<what>CREATE USER|GRANTS FOR) " + Account + "$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Show();

    [GeneratedRegex(
        "^(CREATE DATABASE IF NOT EXISTS|ALTER DATABASE) `(?<name>([^`]|``)+)`( CHARACTER SET `(?<charset>\\w+)`)?"
            + "( COLLATE `(?<collation>\\w+)`)?$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Database();

    [GeneratedRegex(
        "^(?<verb>CREATE USER IF NOT EXISTS|CREATE OR REPLACE USER|ALTER USER|DROP USER IF EXISTS|REVOKE ALL PRIVILEGES, GRANT OPTION FROM|"
            + "GRANT USAGE ON \\*\\.\\* TO|(GRANT|REVOKE) ALL PRIVILEGES ON `(?<pattern>([^`]|``)+)`\\.\\* (TO|FROM)) "
            + Account
            + "( IDENTIFIED BY PASSWORD '(?<hash>\\*[0-9A-F]{40})')?( ACCOUNT UNLOCK)?$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex User();
}

/// <summary>An account of the fake server.</summary>
internal sealed class FakeAccount
{
    public const string Native = "mysql_native_password";

    public string Hash { get; set; } = "";

    public string Plugin { get; set; } = Native;

    public bool IsLocked { get; set; }

    /// <summary>Privileges on everything, as bits.</summary>
    public int Access { get; set; }

    /// <summary>Pattern of a grant, escaped as GRANT takes it → number of privileges.</summary>
    public Dictionary<string, int> Grants { get; } = new(StringComparer.Ordinal);

    public string Row(string user, string host) =>
        FakeMariadb.Row(
            ("user", user),
            ("host", host),
            ("plugin", Plugin),
            ("hash", Hash),
            ("locked", IsLocked ? "1" : null),
            ("access", Access.ToString(CultureInfo.InvariantCulture)),
            ("several", 0)
        );

    public IEnumerable<string> GrantRows(string grantee, int all) =>
        Grants.Select(g =>
            FakeMariadb.Row(
                ("grantee", grantee),
                ("pattern", g.Key),
                ("count", g.Value),
                ("grants", "NO"),
                ("names", g.Value == all ? "ALL" : "SELECT")
            )
        );

    public IEnumerable<string> Script(string what, string account) =>
        what == "CREATE USER"
            ? [$"CREATE USER {account} IDENTIFIED BY PASSWORD '{Hash}'"]
            : [$"GRANT USAGE ON *.* TO {account}", .. Grants.Keys.Select(p => $"GRANT ALL PRIVILEGES ON `{p}`.* TO {account}")];
}
