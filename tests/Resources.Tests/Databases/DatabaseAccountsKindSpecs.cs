using System.Text;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.DatabaseAccounts;
using Cloudlet.Resources.Kinds.DatabaseAccounts;
using Cloudlet.Resources.Sql;
using Cloudlet.Resources.Tests.Sql;

namespace Cloudlet.Resources.Tests.Databases;

public sealed class DatabaseAccountsKindSpecs : IDisposable
{
    private const string Described =
        "secrets: {db: "
        + DatabaseHost.SecretPath
        + "}, databases: {nova: , nova_api: }, "
        + "databaseAccounts: {nova: {secret: db, databases: [nova_api, nova]}}";

    private static readonly (string, string) Local = ("nova", "localhost");

    private readonly DatabaseHost _host = new();
    private readonly FakeMariadb _server;

    public DatabaseAccountsKindSpecs() => _server = new FakeMariadb(_host.Machine);

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("password", "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19")]
    [InlineData("root", "*81F5E21E35407D884A6CD4A731AEBFB6AF209E1B")]
    [InlineData("mypass", "*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4")]
    public void The_hash_is_the_servers(string password, string hash) => PasswordHash.Of(Encoding.UTF8.GetBytes(password)).ShouldBe(hash);

    [Fact]
    public async Task An_account_is_made_with_its_hash_and_exactly_its_databases()
    {
        (await _host.ApplyAsync(Described)).Failed.ShouldBe(0, string.Join('\n', _host.Failures));

        _server.Accounts.Keys.ShouldBe([("nova", "127.0.0.1"), Local], ignoreOrder: true);
        _server.Accounts[Local].Hash.ShouldBe(PasswordHash.Of(Encoding.UTF8.GetBytes(DatabaseHost.Secret)));
        _server.Accounts[Local].Grants.Keys.ShouldBe(["nova", @"nova\_api"], ignoreOrder: true);
        (await _host.PlanAsync(Described)).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task The_password_is_nowhere_but_in_its_file()
    {
        await _host.ApplyAsync(Described);
        _server.Accounts[Local].Hash = "*" + new string('0', 40);
        await _host.ApplyAsync(Described);
        _server.Error = $"ERROR 1064 (42000) at line 1: near '{PasswordHash.Of(Encoding.UTF8.GetBytes(DatabaseHost.Secret))}'\n";
        _server.Accounts.Remove(Local);
        await _host.ApplyAsync(Described);

        foreach (var text in _host.Traces())
            text.ShouldNotContain(DatabaseHost.Secret);
        _server.Changes.ShouldAllBe(s => !s.Contains(DatabaseHost.Secret));
        _host.Failures.ShouldAllBe(m => !m.Contains(PasswordHash.Of(Encoding.UTF8.GetBytes(DatabaseHost.Secret))));
    }

    [Theory]
    [InlineData("another password from localhost")]
    [InlineData("locked from localhost")]
    [InlineData("unix_socket instead of a password from localhost")]
    public async Task A_login_that_was_changed_by_hand_is_set_and_nothing_else(string found)
    {
        await _host.ApplyAsync(Described);
        var account = _server.Accounts[Local];
        if (found.StartsWith("another", StringComparison.Ordinal))
            account.Hash = "*" + new string('0', 40);
        account.IsLocked = found.StartsWith("locked", StringComparison.Ordinal);
        if (found.StartsWith("unix", StringComparison.Ordinal))
            account.Plugin = "unix_socket";
        _server.Changes.Clear();

        var change = (await _host.PlanAsync(Described)).Changes.ShouldHaveSingleItem();
        change.Properties.ShouldHaveSingleItem().From!.GetValue<string>().ShouldBe(found);
        await _host.ApplyAsync(Described);

        _server.Changes.ShouldAllBe(static s => s.StartsWith("ALTER USER"));
        (await _host.PlanAsync(Described)).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_new_password_in_the_file_is_set()
    {
        await _host.ApplyAsync(Described);
        _host.Machine.Files[DatabaseHost.SecretPath] = "another\r\n";

        await _host.ApplyAsync(Described);

        _server.Accounts[Local].Hash.ShouldBe(PasswordHash.Of("another"u8));
    }

    [Fact]
    public async Task Each_missing_and_each_extra_database_is_one_statement()
    {
        await _host.ApplyAsync(Described);
        foreach (var account in _server.Accounts.Values)
        {
            account.Grants.Remove("nova");
            account.Grants["other"] = account.Grants[@"nova\_api"];
        }

        _server.Changes.Clear();
        await _host.ApplyAsync(Described);

        _server
            .Changes.Where(static s => s.Contains("localhost"))
            .ShouldBe([
                "REVOKE ALL PRIVILEGES ON `other`.* FROM `nova`@`localhost`",
                "GRANT ALL PRIVILEGES ON `nova`.* TO `nova`@`localhost`",
            ]);
        (await _host.PlanAsync(Described)).IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData("nova", 3, 0, "nova (SELECT) (from localhost)")]
    [InlineData("nova_api", 20, 0, "pattern nova_api (from localhost)")]
    [InlineData("%", 20, 0, "pattern % (from localhost)")]
    [InlineData("nova", 20, 8, "*.* (from localhost)")]
    public async Task Any_other_privilege_is_seen_and_goes(string pattern, int privileges, int access, string seen)
    {
        await _host.ApplyAsync(Described);
        _server.Accounts[Local].Grants[pattern] = privileges;
        _server.Accounts[Local].Access = access;

        (await _host.PlanAsync(Described))
            .Changes.ShouldHaveSingleItem()
            .Properties.Select(static p => p.From?.GetValue<string>())
            .ShouldContain(seen);
        await _host.ApplyAsync(Described);

        _server.Accounts[Local].Grants.Keys.ShouldBe(["nova", @"nova\_api"], ignoreOrder: true);
        _server.Accounts[Local].Access.ShouldBe(0);
        (await _host.PlanAsync(Described)).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task The_same_name_from_another_host_goes_too()
    {
        await _host.ApplyAsync(Described);
        _server.Accounts[("nova", "%")] = new FakeAccount { Hash = "*" + new string('0', 40) };

        await _host.ApplyAsync(Described);

        _server.Accounts.Keys.ShouldBe([("nova", "127.0.0.1"), Local], ignoreOrder: true);
    }

    [Fact]
    public async Task It_goes_when_it_leaves_the_description_and_its_databases_stay()
    {
        await _host.ApplyAsync(Described);
        _server.Accounts[("operator", "localhost")] = new FakeAccount();

        await _host.ApplyAsync("databases: {nova: , nova_api: }");

        _server.Accounts.Keys.ShouldBe([("operator", "localhost")]);
        _server.Databases.Keys.ShouldBe(["nova", "nova_api"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_account_from_before_us_gets_its_password_and_privileges_back()
    {
        var before = "*" + new string('7', 40);
        _server.Accounts[("nova", "10.0.0.%")] = new FakeAccount { Hash = before, Grants = { ["old"] = 20 } };
        (await _host.ApplyAsync(Described)).Failed.ShouldBe(0);
        _server.Accounts.ShouldNotContainKey(("nova", "10.0.0.%"));

        (await _host.ApplyAsync("databases: {nova: , nova_api: }")).Failed.ShouldBe(0, string.Join('\n', _host.Failures));

        var (key, account) = _server.Accounts.ShouldHaveSingleItem();
        key.ShouldBe(("nova", "10.0.0.%"));
        account.Hash.ShouldBe(before);
        account.Grants.Keys.ShouldBe(["old"]);
    }

    [Fact]
    public async Task Without_a_server_it_is_absent_and_without_its_secret_a_present_one_is_unknown()
    {
        await _host.ApplyAsync(Described);
        _host.Machine.Files.Take(DatabaseHost.SecretPath);
        var unknown = (await _host.PlanAsync(Described)).Changes.ShouldHaveSingleItem();
        unknown.Action.ShouldBe(ChangeAction.Unknown);
        unknown.Error!.ShouldContain(DatabaseHost.SecretPath);

        _server.Accounts.Clear();
        (await _host.PlanAsync(Described)).Changes.ShouldHaveSingleItem().Action.ShouldBe(ChangeAction.Create);
        _host.Machine.Files.Take("/usr/sbin/mariadbd");
        (await _host.PlanAsync(Described)).Changes.ShouldAllBe(static c => c.Action == ChangeAction.Create);
    }

    /// <summary>From any state of the server, one apply reaches any description, and a second one finds nothing to do.</summary>
    [Fact]
    public async Task Any_account_becomes_any_other_in_one_apply()
    {
        var random = new Random(5);
        string[] databases = ["nova", "nova_api", "a-b"];
        string[] hosts = ["localhost", "127.0.0.1", "10.0.0.%"];
        for (var i = 0; i < 300; i++)
        {
            _server.Accounts.Clear();
            foreach (var host in Some(hosts, random))
            {
                var account = new FakeAccount
                {
                    Hash = random.Next(2) == 0 ? PasswordHash.Of(Encoding.UTF8.GetBytes(DatabaseHost.Secret)) : "*" + new string('1', 40),
                    IsLocked = random.Next(4) == 0,
                    Access = random.Next(4) == 0 ? 1 : 0,
                };
                foreach (var pattern in Some([@"nova\_api", "nova", "nova_api", "x", "%"], random))
                    account.Grants[pattern] = random.Next(4) == 0 ? 2 : 20;
                _server.Accounts[("nova", host)] = account;
            }

            var spec = new DatabaseAccountSpec
            {
                Id = "database-account:nova",
                Name = "nova",
                SecretFile = DatabaseHost.SecretPath,
                Login = DatabaseAccountSpec.Current,
                Hosts = [.. Some(hosts, random).DefaultIfEmpty("localhost").Order(StringComparer.Ordinal)],
                Databases = [.. Some(databases, random).Order(StringComparer.Ordinal)],
            };
            var kind = new DatabaseAccountsKind(
                new SqlClient(_host.Machine.Processes, _host.Machine.Files),
                _host.Machine.Files,
                _host.Vault
            );
            var before = (await kind.ObserveManyAsync([spec], default))[0];
            var copy = before is null ? null : await kind.CaptureAsync(before, default);
            await kind.ApplyAsync(spec, before, ChangeAction.Update, default);

            SpecDiff.Between(spec, (await kind.ObserveManyAsync([spec], default))[0]).ShouldBeEmpty($"round {i}");
            if (copy is null || before!.Databases!.Any(static d => d.Contains("SELECT") || d.Contains("*.*")))
                continue;
            await kind.ApplyAsync(copy, (await kind.ObserveManyAsync([copy], default))[0], ChangeAction.Update, default);
            SpecDiff
                .Between(copy with { Login = null }, (await kind.ObserveManyAsync([spec], default))[0])
                .ShouldBeEmpty($"back in round {i}");
        }
    }

    [Theory]
    [InlineData("databaseAccounts: {nova: {}}", "write secret: NAME")]
    [InlineData("databaseAccounts: {nova: {secret: x}}", "the secret \"x\" is not declared")]
    [InlineData("secrets: {x: /x}, databaseAccounts: {root: {secret: x}}", "belongs to the server")]
    [InlineData("secrets: {x: /x}, databaseAccounts: {\"a'b\": {secret: x}}", "is not a valid account name")]
    [InlineData("secrets: {x: /x}, databaseAccounts: {nova: {secret: x, hosts: []}}", "at least one host")]
    [InlineData("secrets: {x: /x}, databaseAccounts: {nova: {secret: x, hosts: [\"a`b\"]}}", "is not a valid host")]
    [InlineData(
        "secrets: {x: /x}, databases: {nova: }, databaseAccounts: {nova: {secret: x, databases: [nvoa]}}",
        "did you mean \"nova\"?"
    )]
    public void What_is_wrong_is_said(string host, string message) =>
        DatabaseHost.Load(host).Problems.ShouldHaveSingleItem().Message.ShouldContain(message);

    [Fact]
    public void It_comes_after_its_databases_and_follows_the_file_of_its_secret()
    {
        var account = DatabaseHost
            .State(Described + ", files: {" + DatabaseHost.SecretPath + ": {content: x}}, units: {mariadb.service: {running: true}}")
            .Resources.OfType<DatabaseAccountSpec>()
            .ShouldHaveSingleItem();

        account.After.ShouldBe(["database:nova", "database:nova_api", $"file:{DatabaseHost.SecretPath}", "unit:mariadb.service"]);
        account.Watches.ShouldBe([$"file:{DatabaseHost.SecretPath}"]);
    }

    private static List<string> Some(IEnumerable<string> all, Random random) => all.Where(_ => random.Next(2) == 0).ToList();
}
