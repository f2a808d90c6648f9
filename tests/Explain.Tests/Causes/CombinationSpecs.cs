using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain.Tests.Causes;

public sealed class CombinationSpecs
{
    [Fact]
    public void A_consequence_comes_after_its_root_and_names_it()
    {
        var findings = Find("the broker does not run");

        findings[0].Cause.ShouldBe(CauseKind.BrokerUnreachable);
        findings
            .Skip(1)
            .Select(f => f.Cause)
            .ShouldBe([CauseKind.CellsDown, CauseKind.ServiceHung, CauseKind.AgentDead], ignoreOrder: true);
        findings.Skip(1).ShouldAllBe(f => f.FollowsFrom != null);
    }

    [Fact]
    public void A_stale_password_is_named_before_the_stale_process_that_has_it()
    {
        var findings = Find("the password was changed and the service not restarted");

        findings
            .Select(f => (f.Cause, f.FollowsFrom))
            .ShouldBe([
                (CauseKind.StaleCredentials, null),
                (CauseKind.StaleProcess, CauseKind.StaleCredentials),
                (CauseKind.ServiceHung, CauseKind.StaleCredentials),
            ]);
    }

    [Fact]
    public void A_broken_file_explains_the_crash_loop_and_the_stopped_service() =>
        Find("a line is not an option, and the service exits")
            .Select(f => (f.Cause, f.FollowsFrom))
            .ShouldBe([
                (CauseKind.BrokenConfiguration, null),
                (CauseKind.CrashLoop, CauseKind.BrokenConfiguration),
                (CauseKind.ServiceDown, CauseKind.BrokenConfiguration),
            ]);

    [Fact]
    public void A_missing_link_explains_a_dead_agent() =>
        Find("the flat interface is gone")
            .Select(f => (f.Cause, f.FollowsFrom))
            .ShouldBe([(CauseKind.LinkMissing, null), (CauseKind.AgentDead, CauseKind.LinkMissing)]);

    [Fact]
    public void Two_independent_causes_are_both_roots()
    {
        var findings = new Scene().Services(status: "disabled", reason: "new disks").Usages(processors: 32).Explained.Findings;

        findings
            .Select(f => (f.Cause, f.FollowsFrom))
            .ShouldBe([(CauseKind.DisabledByOperator, null), (CauseKind.PlacementExhausted, null)]);
    }

    [Fact]
    public void Sure_comes_before_likely()
    {
        var findings = new Scene()
            .Set(ExhibitIds.Freshness(Scene.Compute), "state stale\nby times\nfile /etc/nova/nova.conf\n")
            .Agents(alive: false)
            .Explained.Findings;

        findings
            .Select(f => (f.Cause, f.Certainty))
            .ShouldBe([(CauseKind.AgentDead, Certainty.Sure), (CauseKind.StaleProcess, Certainty.Likely)]);
    }

    [Fact]
    public void A_merely_possible_cause_explains_nothing()
    {
        var findings = new Scene().NovaConf("oops").Agents(alive: false).Explained.Findings;

        findings.Select(f => (f.Cause, f.FollowsFrom)).ShouldBe([(CauseKind.AgentDead, null), (CauseKind.BrokenConfiguration, null)]);
    }

    [Fact]
    public void The_daemon_never_enables_a_disabled_host() =>
        Find("an operator disabled it")[0].Heals.ShouldStartWith("Nothing, on purpose");

    [Fact]
    public void A_controller_without_compute_service_is_not_blamed_for_that()
    {
        var scene = new Scene()
            .Without(ExhibitIds.Unit(Scene.Compute), ExhibitIds.Process(Scene.Compute), ExhibitIds.Freshness(Scene.Compute))
            .Set(ExhibitIds.Host, "hostname control\nfqdn control.example.org\n");

        scene.Explained.Findings.Select(f => $"{f.Cause}: {f.Summary}").ShouldBeEmpty();
    }

    [Fact]
    public void Without_any_exhibit_nothing_is_found_and_everything_is_unknown()
    {
        var explanation = Explanation.Of(new Bundle(BundleHeader.Of("edge-1", Scene.Noon, "0"), []));

        explanation.Findings.ShouldBeEmpty();
        explanation.IsWell.ShouldBeFalse();
        explanation.Looked.ShouldBeEmpty();
        explanation
            .Unknowns.Select(u => u.Exhibit)
            .ShouldBeSubsetOf([
                ExhibitIds.Host,
                "unit:*",
                "config:/etc/nova/nova.conf",
                ExhibitIds.Services,
                ExhibitIds.Hypervisors,
                ExhibitIds.Providers,
                ExhibitIds.MappedHosts,
                ExhibitIds.Links,
                ExhibitIds.Clock,
                ExhibitIds.Broker,
                ExhibitIds.Agents,
            ]);
        explanation.Unknowns.Count.ShouldBe(11);
    }

    private static IReadOnlyList<Finding> Find(string name) => Scenes.All.Single(s => s.Name == name).Make().Explained.Findings;
}
