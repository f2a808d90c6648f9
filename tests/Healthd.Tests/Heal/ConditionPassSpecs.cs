using System.Diagnostics;
using Cloudlet.Converge.Healing;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;
using Cloudlet.Resources;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;
using NSubstitute;

namespace Cloudlet.Healthd.Tests.Heal;

/// <summary>
/// The daemon with a condition whose service runs: it never waits for an answer, and restarts the service within the budget.
/// </summary>
public sealed class ConditionPassSpecs : IDisposable
{
    private const string Condition = "condition:api";
    private const string Url = "http://127.0.0.1:5000/v3";
    private const string Restart = "restart api.service";

    private readonly ManualClock _clock = new();
    private readonly FakeMachine _machine;
    private readonly WakeQueue _queue;
    private readonly List<HealthStatus> _statuses = [];
    private readonly List<Alarm> _alarms = [];
    private readonly ReconcilePass _healing;

    public ConditionPassSpecs()
    {
        _machine = new FakeMachine(_clock);
        _machine.Files["/lib/systemd/system/api.service"] = "[Service]\n[Install]\n";
        _machine.Systemd.StartByHand("api.service");
        _machine.Probes.Services[Url] = FakeProbes.Status(200);
        var store = new MemoryConvergeStore();
        var vault = new ContentVault(_machine.Files, "/var/lib/cloudlet/vault");
        var host = new HealthHost
        {
            Machine = _machine,
            Kinds = HostKinds.For(new HostParts(_machine, StatePaths.Host, vault, _clock) { IsDaemon = true }),
            Store = store,
            Guard = new RecordingGuard(),
            Wakers = Substitute.For<IHostWatchers>(),
            HostName = () => "edge-1",
            Paths = HealthPaths.Host,
        };
        store.WriteApplied(
            HostState.Create(
                "edge-1",
                [
                    new UnitSpec
                    {
                        Id = "unit:api.service",
                        Name = "api.service",
                        Running = true,
                    },
                    new ConditionSpec
                    {
                        Id = Condition,
                        Name = "api",
                        Target = Url,
                        Expect = "200",
                        RestartUnit = "api.service",
                        RestartAfterSeconds = 120,
                        Met = true,
                        After = ["unit:api.service"],
                    },
                    new FileSpec
                    {
                        Id = "file:/etc/motd",
                        Path = "/etc/motd",
                        Kind = FileKind.File,
                        Content = "x",
                    },
                ]
            )
        );
        var reports = Substitute.For<IHealthReports>();
        reports.When(r => r.Publish(Arg.Any<HealthStatus>())).Do(call => _statuses.Add(call.Arg<HealthStatus>()));
        var alarms = new AlarmTracker(_clock, _alarms.Add);
        var source = new DesiredStateSource(host, alarms, _clock);
        _queue = new WakeQueue(_clock);
        _healing = new ReconcilePass(host, new HealthSettings(), source, alarms, _queue, _clock, reports) { IsReady = true };
        source.Read();
        _healing.NewState(byApply: false);
    }

    public void Dispose()
    {
        _queue.Dispose();
        _machine.Dispose();
    }

    [Fact]
    public async Task Silence_is_found_without_an_event_and_ends_in_one_restart_that_helps()
    {
        await LookAsync();
        _healing.NotWell.ShouldBeEmpty();
        _machine.Probes.Services[Url] = FakeProbes.Status(503);

        await TurnsAsync(TimeSpan.FromSeconds(70));
        _healing.NotWell.ShouldBe([Condition]);
        _machine.Systemd.Calls.ShouldBeEmpty();

        _machine.Systemd.WhileStarting = () => _machine.Probes.Services[Url] = FakeProbes.Status(200);
        await TurnsAsync(TimeSpan.FromSeconds(120));

        _machine.Systemd.Calls.ShouldBe([Restart]);
        _healing.NotWell.ShouldBeEmpty();
        _alarms.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_service_that_answers_again_in_time_is_not_restarted()
    {
        await LookAsync();
        for (var i = 0; i < 5; i++)
        {
            _machine.Probes.Services[Url] = FakeProbes.Refuse;
            await TurnsAsync(TimeSpan.FromSeconds(110));
            _machine.Probes.Services[Url] = FakeProbes.Status(200);
            await TurnsAsync(TimeSpan.FromSeconds(10));
        }

        _machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_service_that_never_answers_is_restarted_within_the_budget_and_given_up_with_an_alarm()
    {
        _machine.Probes.Services[Url] = FakeProbes.Refuse;

        await LookAsync();
        await TurnsAsync(TimeSpan.FromMinutes(30));

        // Each restart begins another 120 s; after five that did not help the daemon gives up until the next full check.
        _machine.Systemd.Calls.ShouldBe([Restart, Restart, Restart, Restart, Restart]);
        var alarm = _alarms.ShouldHaveSingleItem();
        alarm.Kind.ShouldBe(AlarmKind.GaveUp);
        alarm.Message.ShouldContain($"restarted api.service, because it ran and {Url} did not answer with status 200 for 120 s");
    }

    [Fact]
    public async Task A_service_that_does_not_run_or_was_just_restarted_is_not_silent()
    {
        await LookAsync();
        _machine.Probes.Services[Url] = FakeProbes.Refuse;
        for (var i = 0; i < 4; i++)
        {
            await TurnsAsync(TimeSpan.FromSeconds(100));
            _machine.Systemd.Crash("api.service");
        }

        _machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_target_without_any_answer_delays_no_other_heal()
    {
        _machine.Probes.Silent.Add(Url);
        var watch = Stopwatch.StartNew();

        await LookAsync();

        _machine.Files["/etc/motd"].ShouldBe("x");
        _healing.NotWell.ShouldBe([Condition]);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30), "the attempt itself never ends");
        _machine.Probes.Attempts.Count.ShouldBe(1, "an attempt that has not ended is not made a second time");
    }

    [Fact]
    public async Task The_status_says_what_is_waited_for()
    {
        _machine.Probes.Services[Url] = FakeProbes.Refuse;

        await LookAsync();

        var resource = _statuses[^1].Resources.Single(r => r.Id == Condition);
        resource.State.ShouldBe(ResourceState.Waiting);
        resource.Because.ShouldBe($"waits for {Url} to answer with status 200 (found so far: connection refused)");
    }

    /// <summary>Handles what is due, second by second.</summary>
    private async Task TurnsAsync(TimeSpan time)
    {
        for (var second = 0; second < time.TotalSeconds; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            if (_queue.Take(TimeSpan.Zero, default) is { } wakening)
                await _healing.PassAsync(wakening, default);
        }
    }

    private Task LookAsync() => _healing.PassAsync(new WorkBatch(null, "a test", _clock.GetTimestamp()), default);
}
