using System.Text.Json.Nodes;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Tests.Output;

public sealed class ReportSpecs
{
    private static readonly Planned Example = new("sha256:0123456789abcdef", 4,
    [
        new ResourceChange("file:/etc/motd", ChangeAction.Update, [new PropertyChange("content", "old\nsame\n", "new\nsame\n"), new PropertyChange("mode", "0600", "0644")]),
        new ResourceChange("link:cloudlet0", ChangeAction.Create, [new PropertyChange("kind", null, "dummy"), new PropertyChange("addresses", null, "10.80.0.1/24")]),
        new ResourceChange("unit:edge.service", ChangeAction.Refresh, [new PropertyChange("after", null, "file:/etc/motd")]),
    ]);

    [Fact]
    public void A_plan_is_a_tree_with_from_and_to()
    {
        var output = Human(r => r.ForHost("edge-1", "local")(Example));
        output.ShouldBe("""
            edge-1 (local)
            ├─ ~ file:/etc/motd
            │      content
            │        - old
            │        + new
            │          same
            │      mode     0600 → 0644
            ├─ + link:cloudlet0
            │      kind       dummy
            │      addresses  10.80.0.1/24
            └─ ↻ unit:edge.service (is looked at again after file:/etc/motd)
            1 to create, 1 to change, 0 to remove; 1 of 4 as described.

            """);
    }

    [Fact]
    public void Without_a_terminal_there_are_no_escape_sequences() => Human(r => r.ForHost("edge-1", "local")(Example)).ShouldNotContain("\e");

    [Fact]
    public void Control_characters_of_a_host_never_reach_the_terminal()
    {
        var hostile = new Planned("d", 1, [new ResourceChange("file:/x", ChangeAction.Update, [new PropertyChange("owner", "a\e]0;owned\a", "root")])]);
        Human(r => r.ForHost("edge-1", "local")(hostile)).ShouldNotContain("\e");
        Human(r => r.ForHost("edge-1", "local")(new Refused(ErrorKind.Unexpected, "bad \e[2J"))).ShouldNotContain("\e");
        Human(r => r.ForHost("edge-1", "local")(new ChangeFailed("file:/x\e[2J", ChangeAction.Update, ErrorKind.Unexpected, "bad \e[2J"))).ShouldNotContain("\e");
    }

    [Fact]
    public void Json_lines_name_the_host_and_read_back()
    {
        var output = new StringWriter();
        new JsonReport(output).ForHost("edge-1", "local")(Example);
        var line = JsonNode.Parse(output.ToString())!.AsObject();
        line["host"]!.GetValue<string>().ShouldBe("edge-1");
        line["event"]!.GetValue<string>().ShouldBe("planned");
        line.Remove("host");
        var back = ConvergeEventJson.Parse(line.ToJsonString()).ShouldBeOfType<Planned>();
        back.Changes.Select(c => c.Id).ShouldBe(Example.Changes.Select(c => c.Id));
        back.Changes[0].Properties[1].To!.GetValue<string>().ShouldBe("0644");
    }

    [Fact]
    public void Problems_have_their_place_in_both_forms()
    {
        var problem = new Problem(new SourcePlace("site.yaml", 3, 7), "hosts.a.mtu", "too big");
        var json = new StringWriter();
        new JsonReport(json).Problems([problem]);
        JsonNode.Parse(json.ToString())!["line"]!.GetValue<int>().ShouldBe(3);
        Human(r => r.Problems([problem])).ShouldContain("site.yaml:3:7: hosts.a.mtu: too big");
    }

    private static string Human(Action<IReport> act)
    {
        var output = new StringWriter();
        act(new HumanReport(output, output, colours: false, manyHosts: false));
        return output.ToString();
    }
}
