using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Units;

public sealed class UnitActivitySpecs : IDisposable
{
    private const string Name = "nova-compute.service";
    private const int Main = 700;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(15);
    private static readonly UnitSpec Unit = new()
    {
        Id = UnitSpec.IdOf(Name),
        Name = Name,
        Running = true,
        Liveness = Liveness.Alive,
        HungAfterSeconds = 120,
    };

    private readonly ManualClock _clock = new();
    private readonly FakeActivity _processes = new();
    private readonly FakeMachine _machine;
    private readonly UnitActivity _activity;

    public UnitActivitySpecs()
    {
        _machine = new FakeMachine(_clock);
        _machine.Files[$"/lib/systemd/system/{Name}"] = "[Service]\n[Install]\n";
        _machine.Systemd.MainPid = Main;
        _activity = new UnitActivity(_processes, _machine.Systemd, _clock);
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_process_that_runs_now_and_then_is_always_alive() => After(looks: 100).ShouldBe(Liveness.Alive);

    [Fact]
    public void A_process_hangs_only_after_not_running_for_the_whole_time()
    {
        _processes.Still[Main] = ProcessStance.Waits;

        After(looks: 8).ShouldBe(Liveness.Alive);
        After(looks: 1).ShouldBe(Liveness.Hung);
        _processes.Still.Clear();
        After(looks: 1).ShouldBe(Liveness.Alive);
    }

    [Theory]
    [InlineData(ProcessStance.Held, Liveness.Alive)]
    [InlineData(ProcessStance.Ready, Liveness.Alive)]
    [InlineData(ProcessStance.WaitsInKernel, Liveness.Stuck)]
    public void A_stopped_or_runnable_process_is_alive_and_one_that_waits_for_a_disk_is_distinguished(
        ProcessStance stance,
        Liveness expected
    )
    {
        _processes.Still[Main] = stance;

        After(looks: 100).ShouldBe(expected);
    }

    [Fact]
    public void A_resumed_process_has_the_whole_time_again()
    {
        _processes.Still[Main] = ProcessStance.Held;
        After(looks: 100);
        _processes.Still[Main] = ProcessStance.Waits;

        After(looks: 8).ShouldBe(Liveness.Alive);
    }

    [Fact]
    public void A_frozen_unit_is_alive_and_has_the_whole_time_again_when_it_thaws()
    {
        _processes.Still[Main] = ProcessStance.Waits;
        _machine.Systemd.Frozen.Add(Name);
        After(looks: 9).ShouldBe(Liveness.Alive);
        _machine.Systemd.Frozen.Clear();

        After(looks: 8).ShouldBe(Liveness.Alive);
        After(looks: 1).ShouldBe(Liveness.Hung);
    }

    [Fact]
    public void A_process_with_a_reused_id_counts_as_just_started()
    {
        _processes.Still[Main] = ProcessStance.Waits;
        After(looks: 8);
        _processes.Started[Main] = 5;

        After(looks: 8).ShouldBe(Liveness.Alive);
    }

    [Fact]
    public void Time_without_observations_does_not_count()
    {
        _processes.Still[Main] = ProcessStance.Waits;
        After(looks: 1);
        _clock.Advance(TimeSpan.FromHours(9));
        _activity.Look(Unit, Main).ShouldBe(Liveness.Alive);
        _clock.WallStep = TimeSpan.FromHours(9);

        After(looks: 6).ShouldBe(Liveness.Alive);
        After(looks: 1).ShouldBe(Liveness.Hung);
    }

    [Fact]
    public void One_hung_worker_is_enough_whatever_the_others_do()
    {
        _processes.Workers[Main] = [701, 702];
        _processes.Still[702] = ProcessStance.Waits;

        After(looks: 9).ShouldBe(Liveness.Hung);
    }

    [Fact]
    public void Without_hungAfter_nothing_is_observed()
    {
        _processes.Still[Main] = ProcessStance.Waits;
        var unit = Unit with { HungAfterSeconds = null };

        _activity.IsDue(unit).ShouldBeFalse();
        _activity.Look(unit, Main).ShouldBe(Liveness.Alive);
        _processes.Looks.ShouldBe(0);
    }

    [Fact]
    public void It_is_observed_eight_times_in_that_time()
    {
        _activity.IsDue(Unit).ShouldBeTrue();
        _activity.Look(Unit, Main);
        _clock.Advance(Look - TimeSpan.FromSeconds(1));
        _activity.IsDue(Unit).ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(1));
        _activity.IsDue(Unit).ShouldBeTrue();
    }

    [Fact]
    public async Task The_kind_restarts_a_hung_unit_once_and_finds_it_well_without_a_history()
    {
        var daemons = new UnitsKind(_machine.Systemd, _machine.Files, "/run/cloudlet/units", _clock, activity: _activity);
        var others = new UnitsKind(_machine.Systemd, _machine.Files, "/run/cloudlet/units", _clock);
        _machine.Systemd.StartByHand(Name);
        _processes.Still[Main] = ProcessStance.Waits;
        After(looks: 9);

        var seen = await daemons.ObserveAsync(Unit, default);
        SpecDiff
            .Between(Unit, seen)
            .ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(p => p.Path.ShouldBe("liveness"), p => p.From!.ToString().ShouldBe("hung"));
        SpecDiff.Between(Unit, await others.ObserveAsync(Unit, default)).ShouldBeEmpty();
        await daemons.ApplyAsync(Unit, seen, default);
        _machine.Systemd.MainPid = Main + 1;

        _machine.Systemd.Calls.ShouldBe([$"restart {Name}"]);
        SpecDiff.Between(Unit, await daemons.ObserveAsync(Unit, default)).ShouldBeEmpty();
        (await daemons.CaptureAsync(seen!, default))!.Liveness.ShouldBe(Liveness.Alive);
    }

    private Liveness After(int looks)
    {
        var last = Liveness.Alive;
        for (var i = 0; i < looks; i++)
        {
            last = _activity.Look(Unit, Main);
            _clock.Advance(Look);
        }

        return last;
    }
}
