using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Databases;
using Cloudlet.Resources.Tests.Sql;

namespace Cloudlet.Resources.Tests.Databases;

public sealed class DatabasesKindSpecs : IDisposable
{
    private readonly DatabaseHost _host = new();
    private readonly FakeMariadb _server;

    public DatabasesKindSpecs() => _server = new FakeMariadb(_host.Machine);

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_described_database_is_made_once_and_only_what_differs_is_changed()
    {
        (await _host.ApplyAsync("databases: {nova: , nova_api: {charset: utf8mb3}}")).Failed.ShouldBe(0);
        _server.Databases["nova_api"].ShouldBe(("utf8mb3", "utf8mb3_general_ci"));
        (await _host.PlanAsync("databases: {nova: , nova_api: {charset: utf8mb3}}")).IsEmpty.ShouldBeTrue();

        _server.Databases["nova_api"] = ("latin1", "latin1_swedish_ci");
        _server.Changes.Clear();
        await _host.ApplyAsync("databases: {nova: , nova_api: {charset: utf8mb3}}");

        _server.Changes.ShouldBe(["ALTER DATABASE `nova_api` CHARACTER SET `utf8mb3`"]);
    }

    [Fact]
    public async Task All_databases_are_observed_with_one_call()
    {
        await _host.PlanAsync("databases: {a: , b: , c: , d: }");

        _server.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_name_that_differs_only_in_case_is_another_database()
    {
        _server.Databases["Nova"] = ("utf8mb4", "utf8mb4_general_ci");

        (await _host.PlanAsync("databases: {nova: }")).Changes.ShouldHaveSingleItem().Action.ShouldBe(ChangeAction.Create);
    }

    [Fact]
    public async Task One_that_leaves_the_description_is_kept_even_if_we_made_it()
    {
        await _host.ApplyAsync("databases: {nova: }");
        var plan = await _host.PlanAsync("boot: none");

        plan.Changes.ShouldBeEmpty();
        plan.Kept.ShouldHaveSingleItem().Reason.ShouldContain("never dropped");
        await _host.ApplyAsync("boot: none");
        _server.Databases.Keys.ShouldBe(["nova"]);
    }

    [Fact]
    public async Task Without_a_server_it_is_absent_and_with_a_silent_one_it_is_unknown()
    {
        _server.Error = "ERROR 2002 (HY000): Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)\n";
        var unknown = (await _host.PlanAsync("databases: {nova: }")).Changes.ShouldHaveSingleItem();
        unknown.Action.ShouldBe(ChangeAction.Unknown);
        unknown.Error.ShouldNotBeNull().ShouldContain("systemctl status mariadb");

        _host.Machine.Files.Take("/usr/sbin/mariadbd");
        (await _host.PlanAsync("databases: {nova: }")).Changes.ShouldHaveSingleItem().Action.ShouldBe(ChangeAction.Create);
    }

    [Theory]
    [InlineData("databases: {nova api: }", "is not a valid database name")]
    [InlineData("databases: {\"nova`; DROP DATABASE x\": }", "is not a valid database name")]
    [InlineData("databases: {MySQL: }", "belongs to the server")]
    [InlineData("databases: {nova: {charset: utf8}}", "write utf8mb4 or utf8mb3")]
    [InlineData("databases: {nova: {collation: utf8_bin}}", "utf8mb3_bin")]
    [InlineData("databases: {nova: {charset: latin1, collation: utf8mb4_bin}}", "is not a collation of the character set latin1")]
    [InlineData("databases: {nova: {charset: 'utf8mb4; x'}}", "is not a valid character set")]
    public void What_is_wrong_is_said(string host, string message) =>
        DatabaseHost.Load(host).Problems.ShouldHaveSingleItem().Message.ShouldContain(message);

    [Fact]
    public void It_comes_after_the_packages_and_the_server() =>
        DatabaseHost
            .State("packages: {mariadb-server: }, units: {mariadb.service: {running: true}}, databases: {nova: }")
            .Resources.OfType<DatabaseSpec>()
            .ShouldHaveSingleItem()
            .After.ShouldBe(["package:mariadb-server", "unit:mariadb.service"]);
}
