using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Schemas;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.Schemas;
using Cloudlet.Resources.Schemas;
using Cloudlet.Resources.Sql;
using Cloudlet.Resources.Tests.Databases;
using Cloudlet.Resources.Tests.Sql;

namespace Cloudlet.Resources.Tests.Schemas;

public sealed class SchemasKindSpecs : IDisposable
{
    private const string Described = "databases: {nova: , nova_cell0: , placement: }, schemas: {nova: , placement: }";
    private const string NovaHead = "ccb0fa1a2252";
    private const string PlacementHead = "422ece571366";

    private readonly DatabaseHost _host = new();
    private readonly FakeMariadb _server;
    private readonly List<string> _ran = [];
    private int _exit;

    public SchemasKindSpecs()
    {
        _server = new FakeMariadb(_host.Machine);
        AlembicHeadsSpecs.Install(_host.Machine, "12");
        _host.Machine.Processes.Programs["runuser"] = arguments =>
        {
            _ran.Add(string.Join(' ', arguments));
            if (_exit == 0 && arguments.Contains("nova-manage"))
                _server.Versions["nova"] = _server.Versions["nova_cell0"] = [NovaHead];
            if (_exit == 0 && arguments.Contains("placement-manage"))
                _server.Versions["placement"] = [PlacementHead];
            return new ProcessResult(_exit, "", "Traceback\n\nno such host\n");
        };
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Missing_tables_are_made_once_by_the_user_of_the_service()
    {
        (await _host.PlanAsync(Described)).Changes.Single(static c => c.Id == "schema:nova").Action.ShouldBe(ChangeAction.Create);
        (await _host.ApplyAsync(Described)).Failed.ShouldBe(0, string.Join('\n', _host.Failures));
        _ran.ShouldBe(["-u nova -- nova-manage db sync", "-u placement -- placement-manage db sync"], ignoreOrder: true);

        _ran.Clear();
        (await _host.PlanAsync(Described)).IsEmpty.ShouldBeTrue();
        await _host.ApplyAsync(Described);
        _ran.ShouldBeEmpty();
    }

    [Fact]
    public async Task All_schemas_are_observed_with_one_call_and_no_command_of_a_service()
    {
        await _host.ApplyAsync(Described);
        _host.Machine.Processes.Commands.Clear();

        await _host.PlanAsync(Described);

        _host.Machine.Processes.Commands.Select(static c => c.Split(' ')[0]).ShouldBe(["mariadb", "mariadb"]);
    }

    [Fact]
    public async Task A_database_behind_its_package_is_named_and_migrated()
    {
        await _host.ApplyAsync(Described);
        _server.Versions["nova_cell0"] = ["8f2f1571d55b"];
        _ran.Clear();

        (await _host.PlanAsync(Described))
            .Changes.ShouldHaveSingleItem()
            .Properties.ShouldHaveSingleItem()
            .From!.GetValue<string>()
            .ShouldBe($"nova_cell0 is at 8f2f1571d55b instead of {NovaHead}");
        await _host.ApplyAsync(Described);

        _ran.ShouldBe(["-u nova -- nova-manage db sync"]);
    }

    [Fact]
    public async Task A_database_that_a_newer_release_migrated_is_refused_before_anything_is_changed()
    {
        await _host.ApplyAsync(Described);
        _server.Versions["placement"] = ["a082b8bb98d0"];

        var change = (await _host.PlanAsync(Described)).Changes.ShouldHaveSingleItem();

        change.Refusals.ShouldNotBeNull().ShouldHaveSingleItem().ShouldContain("a newer release migrated it");
    }

    [Fact]
    public async Task A_service_that_is_not_installed_is_refused_too()
    {
        _host.Machine.Files.Take($"{AlembicHeads.Python}/{SchemaProject.Find("placement")!.Migrations}");

        (await _host.PlanAsync(Described))
            .Changes.Single(static c => c.Id == "schema:placement")
            .Refusals.ShouldNotBeNull()
            .ShouldHaveSingleItem()
            .ShouldContain("placement is not installed");
    }

    [Fact]
    public async Task A_failed_command_is_reported_with_its_last_words()
    {
        _exit = 1;

        (await _host.ApplyAsync(Described)).Failed.ShouldBe(2);

        _host.Failures.ShouldContain(static m =>
            m.Contains("`nova-manage db sync` as nova failed with exit status 1: Traceback; no such host")
        );
    }

    [Fact]
    public void The_daemon_makes_missing_tables_and_leaves_migrations_to_the_operator()
    {
        var kind = new SchemasKind(
            new SqlClient(_host.Machine.Processes, _host.Machine.Files),
            _host.Machine.Processes,
            _host.Machine.Files
        );
        var spec = DatabaseHost.State(Described).Resources.OfType<SchemaSpec>().First();
        var now = new HealConditions(HostNameChanged: false, IsBooting: false, RestartsReleased: false);

        kind.Decide(spec, Change(null), now).ShouldBe(HealVerdict.Act);
        kind.Decide(spec, Change(spec with { Version = "empty: nova_cell0" }), now).ShouldBe(HealVerdict.Act);
        var left = kind.Decide(spec, Change(spec with { Version = "nova is at x instead of y" }), now);
        left.State.ShouldBe(ResourceState.LeftAlone);
        left.Alarm.ShouldBe(AlarmKind.SchemaBehind);

        PlannedChange Change(SchemaSpec? observed) =>
            new(spec, ChangeAction.Update, []) { Observation = new Observation(spec.Id, observed, observed, null) };
    }

    [Theory]
    [InlineData("databases: {x: }, schemas: {nvoa: {databases: [x]}}", "did you mean \"nova\"?")]
    [InlineData("databases: {x: }, schemas: {a: {project: cinder, databases: [x]}}", "\"cinder\" is not a service")]
    [InlineData("schemas: {placement: }", "the database \"placement\" is not declared")]
    [InlineData("databases: {x: }, schemas: {placement: {databases: []}}", "tables need a database")]
    [InlineData("databases: {x: }, schemas: {placement: {databases: [x]}, glance: {databases: [x]}}", "is in the database x already")]
    public void What_is_wrong_is_said(string host, string message) =>
        DatabaseHost.Load(host).Problems.ShouldHaveSingleItem().Message.ShouldContain(message);

    [Fact]
    public void It_comes_after_its_databases_their_accounts_and_its_configuration() =>
        DatabaseHost
            .State(
                "packages: {placement-api: }, secrets: {p: /p}, databases: {placement: , other: }, files: {/etc/placement/placement.conf: "
                    + "{content: x}}, databaseAccounts: {placement: {secret: p, databases: [placement]}, "
                    + "o: {secret: p, databases: [other]}}, "
                    + "schemas: {placement: }"
            )
            .Resources.OfType<SchemaSpec>()
            .ShouldHaveSingleItem()
            .After.ShouldBe([
                "database-account:placement",
                "database:placement",
                "file:/etc/placement/placement.conf",
                "package:placement-api",
            ]);
}
