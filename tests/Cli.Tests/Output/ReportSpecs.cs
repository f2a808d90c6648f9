using System.Text.Json.Nodes;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Tests.Output;

public sealed class ReportSpecs
{
    private static readonly Planned Example = new(
        "sha256:0123456789abcdef",
        4,
        [
            new ResourceChange(
                "file:/etc/motd",
                ChangeAction.Update,
                [new PropertyChange("content", "old\nsame\n", "new\nsame\n"), new PropertyChange("mode", "0600", "0644")]
            ),
            new ResourceChange(
                "link:cloudlet0",
                ChangeAction.Create,
                [new PropertyChange("kind", null, "dummy"), new PropertyChange("addresses", null, "10.80.0.1/24")]
            ),
            new ResourceChange("unit:edge.service", ChangeAction.Refresh, [new PropertyChange("after", null, "file:/etc/motd")]),
        ]
    );

    [Fact]
    public void A_plan_is_a_tree_with_from_and_to()
    {
        var output = Human(r => r.ForHost("edge-1", "local")(Example));
        output.ShouldBe(
            """
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
            └─ ↻ unit:edge.service (is checked again after file:/etc/motd)
            1 to create, 1 to change, 0 to remove; 1 of 4 as described.

            """
        );
    }

    [Fact]
    public void Without_a_terminal_there_are_no_escape_sequences() =>
        Human(r => r.ForHost("edge-1", "local")(Example)).ShouldNotContain("\e");

    [Fact]
    public void Control_characters_of_a_host_never_reach_the_terminal()
    {
        var hostile = new Planned(
            "d",
            1,
            [new ResourceChange("file:/x", ChangeAction.Update, [new PropertyChange("owner", "a\e]0;owned\a", "root")])]
        );
        Human(r => r.ForHost("edge-1", "local")(hostile)).ShouldNotContain("\e");
        Human(r => r.ForHost("edge-1", "local")(new Refused(ErrorKind.Unexpected, "bad \e[2J"))).ShouldNotContain("\e");
        Human(r => r.ForHost("edge-1", "local")(new ChangeFailed("file:/x\e[2J", ChangeAction.Update, ErrorKind.Unexpected, "bad \e[2J")))
            .ShouldNotContain("\e");
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

    [Fact]
    public void A_refused_change_is_shown_with_its_reason_and_that_an_apply_would_change_nothing()
    {
        var refused = new ResourceChange("link:eth9", ChangeAction.Create, []) { Refusals = ["there is no link eth9"] };
        var output = Human(r => r.ForHost("edge-1", "local")(new Planned("d", 2, [refused])));
        output.ShouldContain("+ link:eth9\n       refused: there is no link eth9\n");
        output.ShouldContain("1 is certain to be refused, so an apply would change nothing.");
    }

    [Fact]
    public void Values_of_secrets_are_never_printed_even_if_a_host_sends_them_unasked()
    {
        var given = new SecretsGiven(new SecretValues([new("rabbit", "Xq7-open-sesame")]));
        using var json = new StringWriter();
        new JsonReport(json).ForHost("edge-1", "local")(given);

        json.ToString().ShouldBeEmpty();
        Human(r => r.ForHost("edge-1", "local")(given)).ShouldBeEmpty();
        given.ToString().ShouldNotContain("sesame");
    }

    [Fact]
    public void The_summary_says_as_described_only_of_hosts_that_are()
    {
        HostOutcome Of(string host, ConvergeEvent end) => new(host, end);
        Finished Ended(RunResult result) => new(result, "d", 1, 0, 0, 0);
        var planned = new Planned("d", 1, [new ResourceChange("file:/a", ChangeAction.Create, [])]);
        Summary(Of("a", planned), Of("b", new Planned("d", 1, []))).ShouldBe("2 hosts: 1 as described, 1 would change (a).");
        Summary(Of("a", planned), Of("b", planned)).ShouldBe("2 hosts: 2 would change (a, b).");
        Summary(Of("a", Ended(RunResult.AwaitingConfirmation)), Of("b", Ended(RunResult.Changed)))
            .ShouldBe("2 hosts: 1 changed and as described, 1 waiting for `cloudlet confirm` (a).");
        Summary(Of("a", new StateReported(null, 0)), Of("b", new StateReported(null, 0))).ShouldBe("2 hosts: 2 answered.");
        Summary(Of("a", Ended(RunResult.Drift)), Of("b", new Refused(ErrorKind.Unreachable, "x")))
            .ShouldBe("2 hosts: 1 not as described (a), 1 not done (b).");
    }

    [Fact]
    public void A_confirmation_does_not_claim_that_the_host_was_observed()
    {
        var output = Human(r =>
            r.ForHost("edge-1", "local")(new Finished(RunResult.Changed, "d", 0, 0, 0, 1) { Run = "abc", Confirmed = true })
        );
        output.ShouldContain("run abc is confirmed");
        output.ShouldNotContain("verified");
    }

    [Fact]
    public void A_failed_run_without_failed_changes_does_not_say_0_failed() =>
        Human(r => r.ForHost("edge-1", "local")(new Finished(RunResult.Failed, "d", 2, 0, 0, 1))).ShouldNotContain("0 failed");

    private static string Summary(params HostOutcome[] outcomes) => Human(r => r.Summary(outcomes)).Trim();

    private static string Human(Action<IReport> act)
    {
        var output = new StringWriter();
        act(new HumanReport(output, output, colours: false, manyHosts: false));
        return output.ToString();
    }
}
