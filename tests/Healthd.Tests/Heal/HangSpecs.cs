using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;
using NSubstitute;

namespace Cloudlet.Healthd.Tests.Heal;

/// <summary>Services that hang without having been stopped. A step of the daemon is four seconds.</summary>
public sealed class HangSpecs : IDisposable
{
    private const string Unit = "agent.service";
    private const int Main = 700;
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(4);

    private readonly ManualClock _clock = new();
    private readonly FakeActivity _processes = new();
    private readonly FakeMachine _machine;
    private readonly List<HealRecord> _records = [];
    private readonly List<Alarm> _alarms = [];
    private readonly WakeQueue _queue;
    private readonly ReconcilePass _healing;

    public HangSpecs()
    {
        _machine = new FakeMachine(_clock);
        _machine.Files[$"/lib/systemd/system/{Unit}"] = "[Service]\n[Install]\n";
        _machine.Systemd.EnableByHand(Unit);
        _machine.Systemd.StartByHand(Unit);
        _machine.Systemd.MainPid = Main;
        var store = new MemoryConvergeStore();
        store.WriteApplied(
            HostState.Create(
                "edge-1",
                [
                    new UnitSpec
                    {
                        Id = UnitSpec.IdOf(Unit),
                        Name = Unit,
                        Enabled = true,
                        Running = true,
                        Liveness = Liveness.Alive,
                        HungAfterSeconds = 60,
                    },
                ]
            )
        );
        var reports = Substitute.For<IHealthReports>();
        reports.When(r => r.Healed(Arg.Any<HealRecord>())).Do(call => _records.Add(call.Arg<HealRecord>()));
        reports.When(r => r.Alarmed(Arg.Any<Alarm>(), Arg.Any<IReadOnlyList<Alarm>>())).Do(call => _alarms.Add(call.Arg<Alarm>()));
        var wakers = Substitute.For<IHostWatchers>();
        wakers.Unwatched.Returns([]);
        var activity = new UnitActivity(_processes, _machine.Systemd, _clock);
        var host = new HealthHost
        {
            Machine = _machine,
            Kinds = new KindRegistry().Add(
                new UnitsKind(_machine.Systemd, _machine.Files, StatePaths.Host.Units, _clock, patience: TimeSpan.Zero, activity: activity)
            ),
            Store = store,
            Guard = new RecordingGuard(),
            Wakers = wakers,
            HostName = () => "edge-1",
            Paths = HealthPaths.Host,
            Activity = activity,
        };
        var book = new AlarmTracker(_clock, alarm => reports.Alarmed(alarm, []));
        var held = new DesiredStateSource(host, book, _clock);
        _queue = new WakeQueue(_clock);
        _healing = new ReconcilePass(host, new HealthSettings(), held, book, _queue, _clock, reports) { IsReady = true };
        held.Read();
        _healing.NewState(byApply: false);
    }

    public void Dispose()
    {
        _queue.Dispose();
        _machine.Dispose();
    }

    [Fact]
    public async Task A_hung_service_is_restarted_once_and_the_record_says_why()
    {
        await StartAsync();
        _processes.Still[Main] = ProcessStance.Waits;
        _machine.Systemd.WhileStarting = () => _machine.Systemd.MainPid = Main + 1;

        await StepsAsync(60);

        _machine.Systemd.Calls.ShouldBe([$"restart {Unit}"]);
        _records
            .ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(
                r => r.Because.ShouldBe("a process that has not run for 60 s"),
                r => r.Seen[0].Properties.ShouldHaveSingleItem().Path.ShouldBe("liveness"),
                r => r.Left.ShouldBeEmpty()
            );
        _alarms.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_service_that_works_now_and_then_is_left_alone_with_few_observations()
    {
        await StartAsync();

        await StepsAsync(150);

        _machine.Systemd.Calls.ShouldBeEmpty();
        _records.ShouldBeEmpty();
        _processes.Looks.ShouldBeInRange(10 * 7, (10 * 8) + 2);
    }

    [Fact]
    public async Task A_service_that_waits_for_a_disk_raises_an_alarm_until_it_continues_and_is_not_restarted()
    {
        await StartAsync();
        _processes.Still[Main] = ProcessStance.WaitsInKernel;
        await StepsAsync(60);
        _alarms.ShouldHaveSingleItem().Kind.ShouldBe(AlarmKind.ProcessStuck);

        _processes.Still.Clear();
        await StepsAsync(10);

        _alarms[^1].Cleared.ShouldNotBeNull();
        _machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_service_that_hangs_after_each_start_is_given_up_with_one_alarm()
    {
        await StartAsync();
        var pid = Main;
        _processes.Still[pid] = ProcessStance.Waits;
        _machine.Systemd.WhileStarting = () => _processes.Still[(_machine.Systemd.MainPid = ++pid).Value] = ProcessStance.Waits;

        await StepsAsync(400);

        _machine.Systemd.Calls.Count.ShouldBe(new HealthSettings().GiveUpAfter);
        _alarms
            .ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(a => a.Kind.ShouldBe(AlarmKind.GaveUp), a => a.Message.ShouldContain("hung soon after"));
    }

    private Task StartAsync() => _healing.PassAsync(new WorkBatch(null, "start", _clock.GetTimestamp()), default);

    private async Task StepsAsync(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            _clock.Advance(Step);
            _healing.LookAtProcesses(Step);
            if (_queue.Take(TimeSpan.Zero, default) is { } wakening)
                await _healing.PassAsync(wakening, default);
        }
    }
}
