using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;
using Cloudlet.Machine.Netlink;
using Cloudlet.Resources;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Healthd.Tests.Heal;

public sealed class ReconcilePassSpecs : IDisposable
{
    private const string Link = "link:d0";
    private const string Unit = "unit:a.service";

    private readonly ManualClock _clock = new();
    private readonly FakeMachine _machine;
    private readonly HealthHost _host;
    private readonly WakeQueue _queue;
    private readonly List<Alarm> _alarms = [];
    private readonly List<HealRecord> _records = [];
    private readonly List<HealthStatus> _statuses = [];
    private readonly ReconcilePass _healing;
    private string _hostName = "edge-1";

    public ReconcilePassSpecs()
    {
        _machine = new FakeMachine(_clock);
        _machine.Files["/etc/systemd/system/a.service"] = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";
        _machine.Systemd.Enable("a.service");
        var store = new MemoryConvergeStore();
        _host = new HealthHost
        {
            Machine = _machine,
            Kinds = HostKinds.For(
                new HostParts(_machine, StatePaths.Host, new ContentVault(_machine.Files, "/var/lib/cloudlet/vault"), _clock)
                {
                    IsDaemon = true,
                }
            ),
            Store = store,
            Guard = new RecordingGuard(),
            Wakers = new NoWakers(),
            HostName = () => _hostName,
            Paths = HealthPaths.Host,
        };
        store.WriteApplied(
            new HostState
            {
                Host = "edge-1",
                Resources =
                [
                    new LinkSpec
                    {
                        Id = Link,
                        Name = "d0",
                        Kind = LinkKind.Dummy,
                        Mtu = 1450,
                        Up = true,
                        Addresses = ["10.0.0.1/24"],
                    },
                    new UnitSpec
                    {
                        Id = Unit,
                        Name = "a.service",
                        Enabled = true,
                        Running = true,
                    },
                ],
            }
        );
        var settings = new HealthSettings();
        var reports = new Reports(_records, _alarms, _statuses);
        var book = new AlarmTracker(_clock, alarm => reports.Alarmed(alarm, []));
        var held = new DesiredStateSource(_host, book, _clock);
        _queue = new WakeQueue(_clock);
        _healing = new ReconcilePass(_host, settings, held, book, _queue, _clock, reports) { IsReady = true };
        held.Read();
        _healing.NewState(byApply: false);
    }

    public void Dispose()
    {
        _queue.Dispose();
        _machine.Dispose();
    }

    [Fact]
    public async Task Losses_are_healed_with_one_verified_record()
    {
        await LookAsync();

        _records
            .ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(
                r => r.Seen.Select(c => c.Id).ShouldBe([Link, Unit], ignoreOrder: true),
                r => r.Done.ShouldAllBe(d => d.Error == null),
                r => r.Left.ShouldBeEmpty()
            );
        _healing.NotWell.ShouldBeEmpty();
        await LookAsync();
        _records.Count.ShouldBe(1);
    }

    [Fact]
    public async Task When_a_hold_has_ended_the_host_is_healed_without_any_event()
    {
        await LookAsync();
        Holds.Begin(_machine.Files, _host.Paths, new Hold("anna", "new switch", _clock.GetUtcNow(), _clock.GetUtcNow().AddMinutes(10)));
        _machine.Links.Delete(_machine.Links["d0"].Index);
        await LookAsync(Link);
        _machine.Links.Find("d0").ShouldBeNull();

        _clock.Advance(TimeSpan.FromMinutes(11));
        var wakening = _queue.Take(TimeSpan.Zero, default).ShouldNotBeNull();
        await _healing.PassAsync(wakening, default);

        _machine.Links.Find("d0").ShouldNotBeNull();
    }

    [Fact]
    public async Task When_the_name_is_restored_the_alarm_is_cleared_before_the_unit_is_touched()
    {
        await LookAsync();
        _hostName = "somebody-else";
        await _machine.Systemd.StopAsync("a.service", default);
        await LookAsync(Unit);
        _alarms.ShouldHaveSingleItem().Kind.ShouldBe(AlarmKind.HostNameChanged);
        _records.Count.ShouldBe(1);

        _hostName = "edge-1";
        _clock.Advance(TimeSpan.FromSeconds(11));
        var wakening = _queue.Take(TimeSpan.Zero, default).ShouldNotBeNull();
        await _healing.PassAsync(wakening, default);

        _alarms[^1].Cleared.ShouldNotBeNull();
        _records[^1].At.ShouldBeGreaterThanOrEqualTo(_alarms[^1].Cleared!.Value);
        _machine.Systemd.Get("a.service").ActiveState.ShouldBe("active");
    }

    [Fact]
    public async Task An_obstacle_has_one_alarm_and_its_end_needs_no_event_and_no_full_look()
    {
        await LookAsync();
        var other = _machine.Links.Create(new LinkToCreate("other0", "bridge"));
        _machine.Links.AddAddress(other, new AddressInfo("10.0.0.1", 25));
        await LookAsync(Link);
        _alarms
            .ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(a => a.Kind.ShouldBe(AlarmKind.Obstructed), a => a.Message.ShouldContain("dev other0"));
        _machine.Links["other0"].Addresses.ShouldHaveSingleItem();
        await TurnsAsync(TimeSpan.FromMinutes(3));
        _alarms.Count.ShouldBe(1);

        _machine.Links.Delete(other);
        await TurnsAsync(TimeSpan.FromMinutes(1));

        _alarms[^1].Cleared.ShouldNotBeNull();
        _healing.NotWell.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_step_of_the_wall_clock_neither_hides_nor_delays_anything(int hours)
    {
        await LookAsync();
        _clock.WallStep = TimeSpan.FromHours(hours);
        for (var i = 0; i < 5; i++)
        {
            _machine.Links.Delete(_machine.Links["d0"].Index);
            _clock.Advance(TimeSpan.FromSeconds(1));
            await LookAsync(Link);
            _machine.Links.Find("d0").ShouldNotBeNull();
        }

        await LookAsync();
        _healing.NotWell.ShouldBeEmpty();
        _machine.Systemd.Calls.Count(c => c.Contains("start", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task The_status_shows_a_cleared_alarm_and_a_new_hold_even_if_nothing_else_has_changed()
    {
        await LookAsync();
        for (var i = 0; i < 12; i++)
        {
            if (_machine.Links.Find("d0") is { } link)
                _machine.Links.Delete(link.Index);
            await LookAsync(Link);
        }

        _statuses[^1].Alarms.ShouldHaveSingleItem().Kind.ShouldBe(AlarmKind.Flapping);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await LookAsync(Link);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await LookAsync(Link);
        _statuses[^1].Alarms.ShouldBeEmpty();

        Holds.Begin(_machine.Files, _host.Paths, new Hold("anna", "new switch", _clock.GetUtcNow(), _clock.GetUtcNow().AddMinutes(10)));
        await LookAsync(Link);
        _statuses[^1].Hold.ShouldNotBeNull().Owner.ShouldBe("anna");
    }

    [Fact]
    public async Task A_link_that_the_kernel_refused_once_is_retried()
    {
        await LookAsync();
        _machine.Links.Delete(_machine.Links["d0"].Index);
        _machine.OnWrite = _ =>
        {
            _machine.OnWrite = null;
            throw new CloudletException(ErrorKind.InvalidInput, "it is being renamed");
        };
        await LookAsync(Link);
        _machine.Links.Find("d0").ShouldBeNull();

        _clock.Advance(TimeSpan.FromSeconds(2));
        await _healing.PassAsync(_queue.Take(TimeSpan.Zero, default).ShouldNotBeNull(), default);

        _machine.Links.Find("d0").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_link_whose_driver_is_gone_is_given_up_with_one_alarm_and_comes_back_with_it()
    {
        await LookAsync();
        _machine.Links.Drivers.Remove("dummy");
        _machine.Links.Delete(_machine.Links["d0"].Index);
        for (var i = 0; i < 3; i++)
        {
            await LookAsync();
            _clock.Advance(TimeSpan.FromMinutes(10));
        }

        _alarms.ShouldHaveSingleItem().Kind.ShouldBe(AlarmKind.DriverMissing);

        _machine.Links.Drivers.Add("dummy");
        await LookAsync();
        _machine.Links.Find("d0").ShouldNotBeNull();
        _alarms[^1].Cleared.ShouldNotBeNull();
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

    private Task LookAsync(params string[] ids) =>
        _healing.PassAsync(new WorkBatch(ids.Length == 0 ? null : ids, "a test", _clock.GetTimestamp()), default);

    private sealed class Reports(List<HealRecord> records, List<Alarm> alarms, List<HealthStatus> statuses) : IHealthReports
    {
        public void Publish(HealthStatus status) => statuses.Add(status);

        public void Healed(HealRecord record) => records.Add(record);

        public void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active) => alarms.Add(alarm);

        public void Note(string message) { }
    }

    private sealed class NoWakers : IHostWatchers
    {
        public IReadOnlyCollection<string> Unwatched => [];

        public void Start(Action<Trigger, long> woken, Action<string, long> lost) { }

        public void Watch(IReadOnlyCollection<string> paths, IReadOnlyCollection<string> units) { }

        public void WatchProcesses(IReadOnlyDictionary<string, int> processes) { }

        public void Dispose() { }
    }
}
