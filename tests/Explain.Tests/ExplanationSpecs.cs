using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Tests.Causes;

namespace Cloudlet.Explain.Tests;

public sealed class ExplanationSpecs
{
    [Fact]
    public void Json_names_causes_and_is_read_back()
    {
        var explanation = Scenes.All.Single(s => s.Name == "the flat interface is gone").Make().Explained;

        var json = explanation.ToJson();

        json.ShouldContain("\"cause\":\"link-missing\"");
        json.ShouldContain("\"certainty\":\"sure\"");
        json.ShouldContain("\"followsFrom\":\"link-missing\"");
        json.ShouldNotContain("\n");
        Explanation.Parse(json).ToJson().ShouldBe(json);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"host":"a","collected":"2026-03-04T12:00:00Z","findings":[{"cause":"none"}],"unknowns":[],"looked":[]}""")]
    public void A_text_that_is_not_an_explanation_is_refused(string json) =>
        Should.Throw<CloudletException>(() => Explanation.Parse(json)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public void Text_shows_the_cause_its_evidence_and_what_to_do()
    {
        Text(Scenes.All.Single(s => s.Name == "fencing forced it down").Make().Explained)
            .ShouldBe(
                """
                edge-1: 1 cause found, 0 following from it.
                1. forced-down edge-1 (sure): the compute service is forced down: whatever it reports, Nova considers it down
                     api:os-services: "binary": "nova-compute", "host": "edge-1", "status": "enabled", "state": "down", "disabled_reason": null, "forced_down": true, "updated_at": "2026-03-04T11:59:55.000000"
                   healthd: Nothing, on purpose: servers of this host may run elsewhere by now.
                   you:     Once it is certain that none of its servers runs twice: `openstack compute service set --up edge-1 nova-compute`.

                """
            );
    }

    [Fact]
    public void No_findings_are_reported_with_what_was_and_was_not_seen()
    {
        var text = Text(new Scene().Without(ExhibitIds.Broker).Explained);

        text.ShouldStartWith(
            "edge-1: nothing was found that keeps servers away, in what could be seen.\n  Not seen:\n     broker: it was not "
                + "collected\n  Looked at: agents, api:os-hypervisors/detail, "
        );
    }

    [Fact]
    public void Text_of_a_host_cannot_move_the_cursor()
    {
        var text = Text(new Scene().Services(status: "disabled", reason: "\\u001b[2J\\u202eevil\\nline").Explained);

        text.ShouldContain("\\x1b[2J\\x202eevil\\x0aline");
        text.ShouldNotContain("\e");
    }

    [Fact]
    public void The_guide_has_a_line_for_every_cause_and_the_format_page_for_every_exhibit()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Provision.slnx")))
            root = Path.GetDirectoryName(root)!;
        var guide = File.ReadAllText(Path.Combine(root, "docs/guides/explain.md"));
        var format = File.ReadAllText(Path.Combine(root, "docs/formats/bundle.md"));

        Enum.GetValues<CauseKind>().Select(ExplanationText.NameOf).Where(n => !guide.Contains($"| `{n}` |")).ShouldBeEmpty();
        ExhibitCatalog.All.Select(r => r.Id).Where(id => !format.Contains($"`{id}`")).ShouldBeEmpty();
    }

    private static string Text(Explanation explanation)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        new ExplanationText(writer).Write(explanation);
        return writer.ToString();
    }
}
