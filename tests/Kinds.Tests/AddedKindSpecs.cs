using System.Text;
using System.Text.Json.Nodes;
using Cloudlet.Converge;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.Kinds.Tests.Mottos.DesiredState;
using Cloudlet.Provider.Resources;
using Cloudlet.Resources;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Kinds.Tests;

/// <summary>
/// A kind of resource that only this project knows, in two folders, works with everything: site files, schema, plan, apply, heal and
/// Pulumi.
/// </summary>
public sealed class AddedKindSpecs : IDisposable
{
    private const string Id = "motto:greeting";

    private readonly FakeMachine _machine = new();
    private readonly HostConvergeStore _store;
    private readonly KindRegistry _kinds;

    public AddedKindSpecs()
    {
        var vault = new ContentVault(_machine.Files, StatePaths.Host.Vault);
        _store = new HostConvergeStore(_machine.Files, StatePaths.Host, vault, _machine.Clock);
        _kinds = HostKinds.For(new HostParts(_machine, StatePaths.Host, vault, _machine.Clock));
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_site_file_describes_it_and_its_state_travels()
    {
        var state = State("mottos: {greeting: {text: hello, times: 2}}");

        state
            .Resources.ShouldHaveSingleItem()
            .ShouldBe(
                new MottoSpec
                {
                    Id = Id,
                    Name = "greeting",
                    Line = "hello hello",
                }
            );
        HostState.Parse(state.ToBytes()).ShouldBe(state);
        Encoding.UTF8.GetString(state.ToBytes()).ShouldContain("""{"resource":"motto","id":"motto:greeting","name":"greeting",""");
    }

    [Theory]
    [InlineData("mottos: {greeting: {text: \"a\\nb\"}}", "hosts.edge-1.mottos.greeting.text", "a motto is one line")]
    [InlineData("mottos: {greeting: {}}", "hosts.edge-1.mottos.greeting", "a motto needs `text`")]
    [InlineData("mottos: {greeting: {txt: a}}", "hosts.edge-1.mottos.greeting.txt", "did you mean \"text\"?")]
    [InlineData("motto: {greeting: {text: a}}", "hosts.edge-1.motto", "did you mean \"mottos\"?")]
    [InlineData("reach: netns://x, mottos: {greeting: {text: a}}", "hosts.edge-1.mottos", "a network namespace has links only")]
    public void What_is_wrong_with_it_is_said_at_its_place(string yaml, string path, string message)
    {
        var problems = Load(yaml).Problems;

        problems.ShouldContain(p => p.Path == path && p.Message.Contains(message));
    }

    [Fact]
    public void The_schema_has_it()
    {
        var schema = JsonNode.Parse(SiteSchema.Generate())!;

        schema["$defs"]!["host"]!["properties"]!["mottos"]!["propertyNames"]!["pattern"]!.GetValue<string>().ShouldBe("^[a-z]+$");
        schema["$defs"]!["motto"]!["properties"]!["times"]!["maximum"]!.GetValue<int>().ShouldBe(9);
        schema["$defs"]!["unit"]!["properties"]!["after"]!["items"]!["pattern"]!.GetValue<string>().ShouldContain("|motto)");
    }

    [Fact]
    public void A_unit_can_come_after_it()
    {
        var state = State("mottos: {greeting: {text: hello}}, units: {a.service: {running: true, after: [motto:greeting]}}");

        state.Resources.Single(r => r.Id == "unit:a.service").After.ShouldBe([Id]);
        Load("units: {a.service: {running: true, after: [motto:greting]}}, mottos: {greeting: {text: a}}")
            .Problems.ShouldHaveSingleItem()
            .Message.ShouldBe("this host has no motto \"greting\"; did you mean \"motto:greeting\"?");
    }

    [Fact]
    public async Task It_is_planned_applied_and_removed()
    {
        var state = State("mottos: {greeting: {text: hello}}");
        var plan = await Converger.PlanAsync(state, default);
        plan.Changes.ShouldHaveSingleItem().Action.ShouldBe(ChangeAction.Create);

        (await Converger.ApplyAsync(state, new ApplyOptions(), default)).Failed.ShouldBe(0);
        Text.ShouldBe("hello");
        (await Converger.PlanAsync(state, default)).IsEmpty.ShouldBeTrue();

        var changed = await Converger.PlanAsync(State("mottos: {greeting: {text: good evening}}"), default);
        changed.Changes.ShouldHaveSingleItem().Properties.ShouldHaveSingleItem().Path.ShouldBe("line");

        await Converger.ApplyAsync(State("boot: none"), new ApplyOptions(), default);
        Text.ShouldBeNull();
    }

    [Fact]
    public async Task It_is_healed()
    {
        var state = State("mottos: {greeting: {text: hello}}");
        await Converger.ApplyAsync(state, new ApplyOptions(), default);
        var healer = new PartialConverger(_kinds, _store, _machine.Clock, static _ => { });
        healer.Kinds.TriggersOf(state.Resources[0]).ShouldBe([new Trigger(TriggerKind.Path, "/etc/mottos/greeting")]);

        _machine.Files.Delete("/etc/mottos/greeting");
        var plan = await healer.ObserveAndPlanAsync(state, [Id], default);
        var healed = await healer.HealAsync(state, plan, default);

        healed!.Counts.Changed.ShouldBe(1);
        healed.Drift.IsEmpty.ShouldBeTrue();
        Text.ShouldBe("hello");
    }

    [Fact]
    public void Pulumi_shows_its_drift_at_the_property_of_the_program()
    {
        var inputs = HostInputs.Of(
            (Cloudlet.Wire.Values.MapValue)InputTree.FromJson(JsonNode.Parse("""{"mottos": {"greeting": {"text": "hello"}}}""")),
            "edge-1"
        );
        inputs.Compile().Problems.ShouldBeEmpty();

        HostPaths.KeysOf(inputs.Tree, Id).ShouldBe(["mottos", "greeting"]);
        HostPaths.KeyOf(Id, "line").ShouldBe("text");
    }

    private Converger Converger => new(_kinds, _store, new RecordingGuard(), _machine.Clock, static _ => { });

    private string? Text => _machine.Files.Read("/etc/mottos/greeting") is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static HostState State(string host)
    {
        var loaded = Load(host);
        loaded.Problems.ShouldBeEmpty();
        var compiled = HostCompiler.Compile(loaded.Site!, new NoFiles()).ShouldHaveSingleItem();
        compiled.Problems.ShouldBeEmpty();
        return compiled.State!;
    }

    private static SiteLoadResult Load(string host) => SiteLoader.Load(["site.yaml"], new NoFiles("hosts: {edge-1: {" + host + "}}"));

    private sealed class NoFiles(string? site = null) : ISiteFiles
    {
        public string? ReadText(string path) => path == "site.yaml" ? site : null;
    }
}
