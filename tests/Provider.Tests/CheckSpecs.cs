using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.Provider.Resources;
using Cloudlet.Provider.Settings;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Tests;

/// <summary>Problems of inputs are those that <c>cloudlet plan</c> reports for a site file with the same content.</summary>
public sealed class CheckSpecs
{
    [Theory]
    [InlineData("""{"links": {"eth0": {"kind": "existing", "mtuu": 1}}}""", "links.eth0.mtuu")]
    [InlineData("""{"links": {"eth0": {"kind": "existing", "mtu": "high"}}}""", "links.eth0.mtu")]
    [InlineData("""{"links": {"eth0": {"kind": "existing", "mtu": "1400"}}}""", "links.eth0.mtu")]
    [InlineData("""{"links": {"eth0": {"kind": "existing", "addresses": ["10.0.0.1/24", "10.0.0.300/24"]}}}""", "links.eth0.addresses[1]")]
    [InlineData("""{"links": {"v5": {"kind": "vlan", "id": 5, "parent": "nobody"}}}""", "links.v5.parent")]
    [InlineData("""{"files": {"/etc/x": {"content": "a", "mode": "9999"}}}""", "files[\"/etc/x\"].mode")]
    [InlineData("""{"files": {"etc/x": {"content": "a"}}}""", "files[\"etc/x\"]")]
    [InlineData("""{"files": {"/etc/x": {"template": "none.scriban"}}}""", "files[\"/etc/x\"].template")]
    [InlineData("""{"units": {"x": {"running": true}}}""", "units.x")]
    [InlineData("""{"reach": "telnet://x"}""", "reach")]
    [InlineData("""{"nova": {"role": "single"}}""", "nova.role")]
    public void Problems_are_those_of_a_site_file(string json, string path)
    {
        var problems = Trees.Inputs(json).Compile().Problems;

        var file = SiteLoader.Load(["site.yaml"], new OneFile($"{{\"hosts\": {{\"edge-1\": {json}}}}}")).Problems;
        problems.Select(static p => p.Reason).ShouldBe(file.Select(static p => p.Message));
        problems
            .Select(static p => p.Path)
            .ShouldBe(
                file.Select(static p =>
                    p.Path.Replace("hosts.edge-1.", "", StringComparison.Ordinal).Replace("hosts.edge-1", "", StringComparison.Ordinal)
                )
            );
        problems.Select(static p => p.Path).ShouldContain(path);
    }

    [Theory]
    [InlineData("""{"env": "DB"}""", "env", "the operator's machine, which the provider is not")]
    [InlineData("""{"file": "secrets/db"}""", "file", "the operator's machine, which the provider is not")]
    [InlineData("""{"command": ["pass", "show", "db"]}""", "command", "the operator's machine, which the provider is not")]
    [InlineData("""{"from": "controller"}""", "from", "asks the other host, and the provider sees one at a time")]
    public void A_secret_that_the_provider_cannot_take_is_refused_with_the_ways_that_work(string source, string key, string reason)
    {
        var (state, problems) = Trees.Inputs($$$"""{"secrets": {"db": {{{source}}}, "path": "/etc/path"}}""").Compile();

        state.ShouldBeNull();
        var problem = problems.ShouldHaveSingleItem();
        problem.Path.ShouldBe($"secrets.db.{key}");
        problem.Reason.ShouldContain(reason);
        problem.Reason.ShouldContain("generate: 32");
    }

    [Fact]
    public void A_secret_that_is_made_on_the_host_is_a_resource_of_it()
    {
        var (state, problems) = Trees.Inputs("""{"secrets": {"db": {"generate": 32, "version": 2}, "path": "/etc/path"}}""").Compile();

        problems.ShouldBeEmpty();
        state!.Resources.ShouldHaveSingleItem().Id.ShouldBe("secret:db");
    }

    [Fact]
    public void Inputs_that_only_programs_have_are_checked_too() =>
        Trees
            .Inputs("""{"onDelete": "burn", "templates": {"a": 1}, "name": 3}""")
            .Compile()
            .Problems.Select(static p => p.Path)
            .ShouldBe(["onDelete", "name", "templates.a"]);

    [Fact]
    public void A_template_is_text_of_the_inputs()
    {
        var (state, problems) = Trees
            .Inputs("""{"templates": {"t.scriban": "at {{ host.name }}"}, "files": {"/etc/x": {"template": "t.scriban"}}}""")
            .Compile();

        problems.ShouldBeEmpty();
        System.Text.Encoding.UTF8.GetString(state!.ToBytes()).ShouldContain("at edge-1");
    }

    [Fact]
    public void An_unknown_value_is_not_an_error_and_neither_are_its_dependents()
    {
        var tree = Trees.Of("""{"links": {"v5": {"kind": "vlan", "id": 5, "parent": "nobody"}}, "files": {"/etc/x": {"mode": "0600"}}}""");
        tree = (MapValue)InputTree.Set(tree, ["links", "v5", "mtu"], PropertyValue.Unknown);
        tree = (MapValue)InputTree.Set(tree, ["files", "/etc/x", "content"], PropertyValue.Unknown);

        var (state, problems) = HostInputs.Of(tree, "edge-1").Compile();

        (state, problems.Count).ShouldBe((null, 0));
    }

    [Fact]
    public void An_error_beside_an_unknown_value_is_reported()
    {
        var tree = (MapValue)
            InputTree.Set(
                Trees.Of("""{"links": {"eth0": {"kind": "existing", "mtuu": 1}}}"""),
                ["links", "eth0", "mac"],
                PropertyValue.Unknown
            );

        HostInputs.Of(tree, "edge-1").Compile().Problems.Select(static p => p.Path).ShouldBe(["links.eth0.mtuu"]);
    }

    [Fact]
    public void TakeOver_is_an_option_and_not_part_of_the_state()
    {
        const string host = """{"links": {"br0": {"kind": "bridge"}}}""";

        var taken = Trees.Inputs(host.Replace("{\"links\"", "{\"takeOver\": true, \"links\"", StringComparison.Ordinal));

        (taken.TakeOver, taken.Compile().State!.Digest).ShouldBe((true, Trees.Inputs(host).Compile().State!.Digest));
        Trees.Inputs("""{"takeOver": "yes"}""").Compile().Problems.ShouldHaveSingleItem().Path.ShouldBe("takeOver");
        ProviderSettings.Read(Trees.Of("""{"takeOver": "true"}""")).Settings.TakeOver.ShouldBeTrue();
        ProviderSettings.Read(Trees.Of("""{"takeOver": "perhaps"}""")).Problems.ShouldHaveSingleItem().Path.ShouldBe("takeOver");
    }

    [Fact]
    public void The_same_host_has_the_digest_of_its_site_file()
    {
        const string json =
            """{"links": {"br0": {"kind": "bridge", "mtu": 1400, "addresses": ["10.0.0.1/24"]}}, "files": {"/etc/x": {"content": "y"}}, "packages": {"chrony": null}}""";

        var (site, _) = SiteLoader.Load(
            ["site.yaml"],
            new OneFile($"{{\"hosts\": {{\"edge-1\": {json.Replace("null", "{}", StringComparison.Ordinal)}}}}}")
        );

        Trees
            .Inputs(json)
            .Compile()
            .State!.Digest.ShouldBe(DesiredState.Compile.HostCompiler.Compile(site!, new OneFile("")).Single().State!.Digest);
    }

    private sealed class OneFile(string text) : ISiteFiles
    {
        public string? ReadText(string path) => path == "site.yaml" ? text : null;
    }
}
