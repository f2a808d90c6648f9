using System.Text.Json.Nodes;
using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Resources.Tests.State;

/// <summary>Whatever damages an entry of our records, the other entries are used, and the next run continues.</summary>
public class DamagedRecordsSpecs
{
    private static readonly string[] Records = [StatePaths.Host.Applied, StatePaths.Host.Journal, StatePaths.Host.Origin];

    private static readonly FileSpec Motd = new()
    {
        Id = "file:/etc/motd",
        Path = "/etc/motd",
        Kind = FileKind.File,
        Content = "x",
    };

    private static readonly LinkSpec Lan = new()
    {
        Id = "link:lan0",
        Name = "lan0",
        Kind = LinkKind.Bridge,
        Up = true,
        Addresses = ["10.80.0.1/24"],
        Routes = [new RouteSpec { To = "10.81.0.0/16", Via = "10.80.0.9" }],
    };

    [Fact]
    public void A_run_succeeds_whatever_was_written_into_one_entry() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(
                Gen.Elements(Records)
                    .SelectMany(r =>
                        Gen.Choose(0, 40)
                            .SelectMany(at =>
                                Gen.Elements("null", "1", "\"\"", "\"../../x\"", "[]", "[null]", "{}", "true", "99", "\"0\"")
                                    .Select(text => (r, at, text))
                            )
                    )
                    .ToArbitrary(),
                damage => EndsWellAsync(damage.r, damage.at, damage.text).GetAwaiter().GetResult()
            )
        );

    [Fact]
    public void An_unreadable_entry_is_named_and_the_others_are_used()
    {
        using var rig = new Rig();
        rig.Machine.Files[StatePaths.Host.Applied] =
            """{"version":1,"host":"a","resources":[{"resource":"colour","id":"colour:red"},{"resource":"file","id":"file:/etc/motd","path":"/etc/motd","kind":"file"},{"resource":"link","id":"link:lan0","name":null,"kind":"bridge"}]}""";
        rig.Store.ReadApplied()!.Resources.ShouldHaveSingleItem().Id.ShouldBe("file:/etc/motd");
        rig.Store.TakeNotices().ShouldHaveSingleItem().ShouldContain("colour:red, link:lan0");
        rig.Store.TakeNotices().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"owner":null,"since":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"owner":{"kind":"site","name":null,"host":"a"},"since":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"owner":{"kind":"king","name":"b","host":"a"},"since":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"owner":{"kind":"site","name":"b","host":"a"},"since":"2026-01-01T00:00:00+00:00","before":{"kind":"site"}}""")]
    public void An_unreadable_owner_record_is_set_aside_and_the_next_description_owns_the_host(string json)
    {
        using var rig = new Rig();
        rig.Machine.Files[StatePaths.Host.Owner] = json;

        rig.Store.ReadOwner().ShouldBeNull();

        rig.Machine.Files[$"{StatePaths.Host.Owner}.damaged"].ShouldBe(json);
    }

    [Fact]
    public void Records_of_the_previous_version_are_read()
    {
        var journal = Journal.Parse(
            """{"run":"r","status":"kept","started":"2026-01-01T00:00:00+00:00","desired":{"version":1,"host":"a","resources":[]},"before":[],"created":[{"resource":"file","id":"file:/a","path":"/a","kind":"file","after":[],"watches":[]}]}"""u8
        );
        new Baseline().With(journal).Created.ShouldHaveSingleItem();
        Baseline.Parse("{}"u8).IsEmpty.ShouldBeTrue();
    }

    /// <summary>Damages the <paramref name="at"/>th value of a record, counted at all depths.</summary>
    private static async Task EndsWellAsync(string path, int at, string text)
    {
        using var rig = new Rig();
        await rig.ApplyAsync(HostState.Create("edge-1", [Motd, Lan]));
        await rig.ApplyAsync(HostState.Create("edge-1", [Motd with { Content = "y" }, Lan]));
        var record = JsonNode.Parse(rig.Machine.Files[path])!;
        var values = Values(record).ToList();
        values[at % values.Count](JsonNode.Parse(text));
        rig.Machine.Files[path] = record.ToJsonString();

        (await rig.ApplyAsync(HostState.Create("edge-1", [Motd with { Content = "z" }]))).Result.ShouldBeOneOf(
            RunResult.Changed,
            RunResult.Unchanged
        );
        rig.Machine.Files["/etc/motd"].ShouldBe("z");
        (await rig.ApplyAsync(HostState.Create("edge-1", []))).Result.ShouldBeOneOf(RunResult.Changed, RunResult.Unchanged);
    }

    private static IEnumerable<Action<JsonNode?>> Values(JsonNode? node) =>
        node switch
        {
            JsonObject o => o.ToList().SelectMany(p => Values(p.Value).Prepend(v => o[p.Key] = v)),
            JsonArray a => Enumerable.Range(0, a.Count).SelectMany(i => Values(a[i]).Prepend(v => a[i] = v)),
            _ => [],
        };

    private sealed class Rig : IDisposable
    {
        private readonly TempDir _folder = new();

        public Rig()
        {
            var clock = new ManualClock();
            Machine = new FakeMachine(clock);
            var vault = new ContentVault(Machine.Files, StatePaths.Host.Vault);
            Store = new HostConvergeStore(Machine.Files, StatePaths.Host with { RunFolder = _folder.Path }, vault, clock);
            Converger = new Converger(
                HostKinds.For(new HostParts(Machine, StatePaths.Host, vault, clock)),
                Store,
                new RecordingGuard(),
                clock,
                _ => { }
            );
        }

        public FakeMachine Machine { get; }

        public HostConvergeStore Store { get; }

        private Converger Converger { get; }

        public Task<Finished> ApplyAsync(HostState state) => Converger.ApplyAsync(state, new ApplyOptions(), default);

        public void Dispose()
        {
            Machine.Dispose();
            _folder.Dispose();
        }
    }
}
