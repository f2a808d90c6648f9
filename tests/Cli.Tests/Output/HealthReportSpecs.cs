using Cloudlet.Agent;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Healing;
using Cloudlet.Healthd;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Files;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Output;

public sealed class HealthReportSpecs : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDir _folder = new();
    private readonly HostFiles _files = new();
    private readonly HealthPaths _paths;
    private readonly ReportFiles _reports;

    public HealthReportSpecs()
    {
        _paths = new HealthPaths(_folder["applied.json"], _folder["journal.json"], _folder["health"], _folder["run"]);
        _reports = new ReportFiles(_files, _paths);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_host_without_a_daemon_shows_how_to_install_one() =>
        Show().ShouldBe("no health daemon has reported since the boot; `health: {}` in the site file installs it\n");

    [Fact]
    public void A_healthy_host_is_one_line()
    {
        _reports.Publish(Status(new ResourceHealth("link:a", ResourceState.Ok, Noon)));
        Show().ShouldBe("edge-1: well: 1 of 1 resources as described; 0 healed, 5 events since 2026-03-04 12:00:00Z\n");
    }

    [Fact]
    public void An_unhealthy_resource_has_its_reason_attempts_and_next_try()
    {
        _reports.Publish(
            Status(
                new ResourceHealth("link:a", ResourceState.Waiting, Noon)
                {
                    Because = "no driver\e[2J",
                    Failures = 2,
                    NextTry = Noon.AddSeconds(4),
                }
            ) with
            {
                Alarms = [Raised],
            }
        );
        var text = Show();
        text.ShouldContain("~ link:a waiting since 2026-03-04 12:00:00Z: no driver");
        text.ShouldContain("; 2 attempts failed; next try 2026-03-04 12:00:04Z");
        text.ShouldContain("! gave-up link:a since 2026-03-04 12:00:00Z: could not");
        text.ShouldNotContain("\e");
    }

    [Fact]
    public void History_is_in_chronological_order_and_limited_to_the_requested_number()
    {
        _reports.Publish(Status());
        _reports.Healed(Heal("link:a", Noon.AddMinutes(1)));
        _reports.Healed(Heal("link:b", Noon.AddMinutes(3)));
        _reports.Alarmed(Raised with { Cleared = Noon.AddMinutes(2) }, []);

        Show(new HealthRequest { Last = 10 })
            .Split('\n')
            .Skip(1)
            .ShouldBe([
                "  2026-03-04 12:01:00Z healed link:a (because of link:a): seen after 3.0 ms, repaired and verified in 40.0 ms",
                "  2026-03-04 12:02:00Z alarm over gave-up link:a",
                "  2026-03-04 12:03:00Z healed link:b (because of link:b): seen after 3.0 ms, repaired and verified in 40.0 ms",
                "",
            ]);
        Show(new HealthRequest { Last = 1 }).ShouldNotContain("healed link:a");
        Show().Split('\n').Length.ShouldBe(2);
    }

    private static Alarm Raised { get; } = new(AlarmKind.GaveUp, "link:a", "could not", Noon);

    private string Show(HealthRequest? asked = null)
    {
        var request = asked ?? new HealthRequest();
        var output = new StringWriter { NewLine = "\n" };
        new HealthReport(output, colours: false).Write(
            "",
            new HealthReported(request.Answer(_files, _paths, TimeProvider.System)) { History = request.History(_files, _paths) }
        );
        return output.ToString();
    }

    private static HealthStatus Status(params ResourceHealth[] resources) =>
        new()
        {
            Host = "edge-1",
            Digest = "sha256:0f",
            Pid = 7,
            Version = "1.2.3",
            Started = Noon,
            Written = Noon,
            Resources = resources,
            Alarms = [],
            Looks = 3,
            Events = 5,
        };

    private static HealRecord Heal(string id, DateTimeOffset at) =>
        new()
        {
            At = at,
            Because = id,
            DecidedAt = 12.5,
            Seen = [new(id, Converge.Plans.ChangeAction.Update, [])],
            Done = [],
            DetectionMilliseconds = 3,
            RepairMilliseconds = 40,
            Left = [],
            Digest = "sha256:0f",
        };
}
