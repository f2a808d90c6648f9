using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Tests.Compile;

/// <summary>What conditions compile to, and what may come after them.</summary>
public sealed class ConditionSpecs
{
    [Fact]
    public void Defaults_are_written_out()
    {
        var state = State(
            "conditions: {a: {http: 'http://10.0.0.1/', restartUnit: a.service}, b: {tcp: '[::1]:80'}, c: {hostname: edge-1}}"
        );

        state
            .Resources.Cast<ConditionSpec>()
            .Select(static c => (c.Kind, c.Target, c.Expect, c.TimeoutSeconds, c.RestartAfterSeconds, c.Met))
            .ShouldBe([
                (ConditionKind.Http, "http://10.0.0.1/", null, 1800, 120, true),
                (ConditionKind.Tcp, "[::1]:80", null, 1800, null, true),
                (ConditionKind.Hostname, "edge-1", null, 60, null, true),
            ]);
        HostState.Parse(state.ToBytes()).ShouldBe(state);
    }

    [Fact]
    public void It_comes_after_its_unit_its_authorities_and_what_it_names_and_watches_them()
    {
        var state = State(
            "conditions: {a: {http: 'https://10.0.0.1/', caFile: /etc/ca.pem, restartUnit: a.service, after: [condition:b]}, "
                + "b: {tcp: '10.0.0.1:80'}}, files: {/etc/ca.pem: {content: x}}, units: {a.service: {running: true}}"
        );

        var condition = state.Resources.OfType<ConditionSpec>().Single(static c => c.Name == "a");
        condition.After.ShouldBe(["condition:b", "file:/etc/ca.pem", "unit:a.service"]);
        condition.Watches.ShouldBe(condition.After);
    }

    [Theory]
    [InlineData("files: {/etc/a: {content: x, after: [condition:c]}}", "file:/etc/a")]
    [InlineData("packages: {chrony: {after: [condition:c]}}", "package:chrony")]
    [InlineData("modules: {dummy: {after: [condition:c]}}", "module:dummy")]
    [InlineData("links: {d0: {kind: dummy, after: [condition:c]}}", "link:d0")]
    [InlineData("units: {a.service: {after: [condition:c]}}", "unit:a.service")]
    public void Any_resource_can_come_after_it(string section, string id) =>
        State($"conditions: {{c: {{tcp: '10.0.0.1:80'}}}}, {section}").Resources.Single(r => r.Id == id).After.ShouldContain("condition:c");

    [Fact]
    public void A_unit_that_waits_for_its_own_answer_is_a_cycle() =>
        Problems("conditions: {c: {tcp: '10.0.0.1:80', restartUnit: a.service}}, units: {a.service: {after: [condition:c]}}")
            .ShouldHaveSingleItem()
            .Message.ShouldContain("these resources wait for each other: condition:c → unit:a.service → condition:c");

    [Theory]
    [InlineData("a.example:80", "a.example", 80)]
    [InlineData("192.0.2.1:65535", "192.0.2.1", 65535)]
    [InlineData("[2001:db8::1]:1", "2001:db8::1", 1)]
    public void A_port_of_a_host_is_parsed(string text, string host, int port) => TcpTarget.Parse(text).ShouldBe(new TcpTarget(host, port));

    [Theory]
    [InlineData("")]
    [InlineData(":80")]
    [InlineData("a:")]
    [InlineData("a:b")]
    [InlineData("a: 80")]
    [InlineData("a:80:80")]
    [InlineData("-a:80")]
    [InlineData("a..b:80")]
    [InlineData("[a]:80")]
    [InlineData("[::1:80")]
    [InlineData("u@a:80")]
    [InlineData("a:99999999999")]
    public void Other_texts_are_not(string text) => TcpTarget.Parse(text).ShouldBeNull();

    private static HostState State(string host)
    {
        var (state, problems) = Compile(host);
        problems.ShouldBeEmpty();
        return state!;
    }

    private static IReadOnlyList<Problem> Problems(string host) => Compile(host).Problems;

    private static (HostState? State, IReadOnlyList<Problem> Problems) Compile(string host)
    {
        var files = new OneFile("hosts: {edge-1: {" + host + "}}");
        var loaded = SiteLoader.Load(["site.yaml"], files);
        if (loaded.Problems.Count > 0)
            return (null, loaded.Problems);
        var compiled = HostCompiler.Compile(loaded.Site!, files).ShouldHaveSingleItem();
        return (compiled.State, compiled.Problems);
    }

    private sealed class OneFile(string site) : ISiteFiles
    {
        public string? ReadText(string path) => path == "site.yaml" ? site : null;
    }
}
