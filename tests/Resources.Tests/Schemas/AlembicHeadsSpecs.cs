using Cloudlet.DesiredState.Kinds.Schemas;
using Cloudlet.Resources.Schemas;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Schemas;

public sealed class AlembicHeadsSpecs : IDisposable
{
    private readonly FakeMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData("revision = 'a1'\ndown_revision = None\ndepends_on = None\n", "a1", "")]
    [InlineData("revision = \"a1\"\ndown_revision = \"b2\"", "a1", "b2")]
    [InlineData("revision: str = 'a1'\ndown_revision: Union[str, None] = 'b2'\n", "a1", "b2")]
    [InlineData("revision='a1'\ndown_revision=('b2','c3')\n", "a1", "b2 c3")]
    [InlineData("revision = 'a1'  # 'no'\ndown_revision = (\n    'b2',  # 'no)'\n    \"c3\",\n)\ndepends_on = ['d4']\n", "a1", "b2 c3 d4")]
    [InlineData("\"\"\"Text\n\nRevision ID: x\nRevises: y\n\"\"\"\nrevision = 'a1'\ndown_revision = 'b2'\n", "a1", "b2")]
    [InlineData("revision = 'a1'\n\ndef upgrade():\n    pass\ndown_revision = 'b2'\n", "a1", "")]
    [InlineData("revision_map = 'x'\nrevision = 'a1'\n    down_revision = 'b2'\n", "a1", "")]
    public void A_migration_is_read_however_it_is_written(string python, string id, string before)
    {
        var revision = AlembicRevision.Parse(python).ShouldNotBeNull();

        revision.Id.ShouldBe(id);
        string.Join(' ', revision.Before).ShouldBe(before);
    }

    [Theory]
    [InlineData("")]
    [InlineData("import x\n")]
    [InlineData("revision = None\n")]
    [InlineData("revision = 'not closed\n")]
    [InlineData("revision")]
    public void Anything_else_is_no_migration(string python) => AlembicRevision.Parse(python).ShouldBeNull();

    /// <summary>The migrations of both releases of Debian, by their names.</summary>
    [Theory]
    [InlineData("12", "glance", "wallaby_contract01")]
    [InlineData("12", "keystone", "29e87d24a316 e25ffa003242")]
    [InlineData("12", "neutron", "5881373af7f5 5c85685d616d")]
    [InlineData("12", "nova", "ccb0fa1a2252")]
    [InlineData("12", "nova-api", "b30f573d3377")]
    [InlineData("12", "placement", "422ece571366")]
    [InlineData("13", "glance", "2024_1_contract01")]
    [InlineData("13", "keystone", "47147121 c88cdce8f248")]
    [InlineData("13", "neutron", "5c85685d616d ad80a9f07c5c")]
    [InlineData("13", "nova-api", "cdeec0c85668")]
    [InlineData("13", "placement", "a082b8bb98d0")]
    public void The_heads_are_those_that_a_migrated_database_has(string release, string project, string heads)
    {
        Install(_machine, release);

        var found = new AlembicHeads(_machine.Files).Find(SchemaProject.Find(project)!.Migrations).ShouldNotBeNull();

        string.Join(' ', found.Order(StringComparer.Ordinal)).ShouldBe(heads);
    }

    [Theory]
    [InlineData("12")]
    [InlineData("13")]
    public void Files_that_name_the_heads_say_what_the_migrations_say(string release)
    {
        Install(_machine, release);
        var heads = new AlembicHeads(_machine.Files);
        var keystone = SchemaProject.Find("keystone")!.Migrations;
        var named = heads.Find(keystone);

        _machine.Files.Take($"{AlembicHeads.Python}/{keystone}/EXPAND_HEAD");

        heads.Find(keystone).ShouldBe(named, ignoreOrder: true);
    }

    [Fact]
    public void A_database_that_a_newer_release_migrated_is_recognized()
    {
        Install(_machine, "12");
        var heads = new AlembicHeads(_machine.Files);
        var placement = SchemaProject.Find("placement")!.Migrations;

        heads.IsNewer(placement, ["422ece571366"]).ShouldBeFalse();
        heads.IsNewer(placement, []).ShouldBeFalse();
        heads.IsNewer(placement, ["a082b8bb98d0"]).ShouldBeTrue();
    }

    [Fact]
    public void Without_its_package_a_service_has_no_heads() =>
        new AlembicHeads(_machine.Files).Find(SchemaProject.Find("nova")!.Migrations).ShouldBeNull();

    /// <summary>In any order of any history, the heads are the revisions that nothing follows.</summary>
    [Fact]
    public void Heads_of_random_histories()
    {
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var all = new List<AlembicRevision>();
            for (var n = 0; n < random.Next(1, 20); n++)
                all.Add(new AlembicRevision($"r{n}", [.. all.Where(_ => random.Next(3) == 0).Select(static r => r.Id)]));

            var heads = AlembicHeads.Of([.. all.OrderBy(_ => random.Next())]);

            heads.ShouldContain(all[^1].Id);
            foreach (var revision in all)
                heads.Contains(revision.Id).ShouldBe(!all.Exists(r => r.Before.Contains(revision.Id)));
        }
    }

    /// <summary>Puts the migrations of a release of Debian on a host, without what they do.</summary>
    internal static void Install(FakeMachine machine, string release)
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        var text = File.ReadAllText(Path.Combine(RepositoryFolder.Path, "tests/Resources.Tests/Schemas/migrations.txt"));
        foreach (var part in $"\n{text}".Split("\n== ", StringSplitOptions.RemoveEmptyEntries))
        {
            var end = part.IndexOf('\n');
            if (part[..end].Split(' ') is not [var number, var path] || number != release)
                continue;
            for (var at = path.IndexOf('/'); at >= 0; at = path.IndexOf('/', at + 1))
                if (folders.Add(path[..at]))
                    machine.Files.CreateDirectory($"{AlembicHeads.Python}/{path[..at]}", (UnixFileMode)0x1ed);
            machine.Files[$"{AlembicHeads.Python}/{path}"] = part[(end + 1)..];
        }
    }
}
