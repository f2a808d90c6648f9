using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState.Units;
using Cloudlet.Errors;
using Cloudlet.Resources.Units;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Units;

public sealed class UnitsKindSpecs : IDisposable
{
    private const string File = "/lib/systemd/system/nova-compute.service";
    private const string Installable = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";

    private readonly ManualClock clock = new();
    private readonly FakeMachine machine;
    private readonly UnitsKind kind;

    public UnitsKindSpecs()
    {
        machine = new FakeMachine(clock);
        kind = new UnitsKind(machine.Systemd, machine.Files, "/run/cloudlet/units", clock);
        machine.Files[File] = Installable;
    }

    public void Dispose() => machine.Dispose();

    [Fact]
    public async Task A_unit_is_enabled_and_started_once()
    {
        await MakeAsync(Unit());
        machine.Systemd.Calls.ShouldBe(["enable nova-compute.service", "start nova-compute.service"]);
        (await DiffAsync(Unit())).ShouldBeEmpty();
        await MakeAsync(Unit());
        machine.Systemd.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_restart_that_is_asked_for_is_no_crash_loop()
    {
        machine.Systemd.StartLimit = 2;
        for (var version = 1; version <= 5; version++)
        {
            machine.Files["/etc/nova/nova.conf"] = $"version = {version}";
            clock.Advance(TimeSpan.FromSeconds(1));
            await MakeAsync(Unit());
            (await DiffAsync(Unit())).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_process_that_a_signal_stopped_does_not_count_as_running_and_goes_on()
    {
        var signals = new FakeSignals();
        var own = new UnitsKind(machine.Systemd, machine.Files, "/run/cloudlet/units", clock, signals);
        await MakeAsync(Unit());
        signals.Stopped.Add(machine.Systemd.Get(Unit().Name).MainPid);

        var seen = await own.ObserveAsync(Unit(), default);
        seen!.Running.ShouldBe(false);
        await own.ApplyAsync(Unit(), seen, default);

        (await own.ObserveAsync(Unit(), default))!.Running.ShouldBe(true);
        machine.Systemd.Calls.ShouldBe(["enable nova-compute.service", "start nova-compute.service"]);
    }

    [Fact]
    public async Task A_unit_that_does_not_start_is_not_started_again_and_again()
    {
        machine.Files[File] = Installable + "# FAIL";
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()))).Kind.ShouldBe(ErrorKind.ProcessFailed);
        machine.Systemd.Calls.ShouldBe(["enable nova-compute.service", "start nova-compute.service"]);
    }

    [Fact]
    public async Task A_unit_that_was_observed_while_it_started_is_stopped_when_it_is_removed()
    {
        machine.Files["/etc/systemd/system/own.service"] = Installable;
        await MakeAsync(Own());
        machine.Systemd.Calls.Clear();

        await kind.RemoveAsync(Own() with { Running = false, Enabled = false }, default);

        machine.Systemd.Calls.ShouldContain("stop own.service");
    }

    [Theory]
    [InlineData(true, false, "disable nova-compute.service", "enabled")]
    [InlineData(false, true, "stop nova-compute.service", "running")]
    public async Task A_unit_is_switched_back(bool running, bool enabled, string call, string property)
    {
        await MakeAsync(Unit());
        machine.Systemd.Calls.Clear();
        var wanted = Unit() with { Running = running, Enabled = enabled };
        (await DiffAsync(wanted)).ShouldBe([property]);
        await MakeAsync(wanted);
        machine.Systemd.Calls.ShouldBe([call]);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_crashed_unit_is_started_again()
    {
        await MakeAsync(Unit());
        await machine.Systemd.StopAsync("nova-compute.service", default);
        (await DiffAsync(Unit())).ShouldBe(["running"]);
        await MakeAsync(Unit());
        (await DiffAsync(Unit())).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_unit_that_does_not_exist_asks_for_its_package()
    {
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit("nosuch.service")));
        error.Kind.ShouldBe(ErrorKind.NotFound);
        error.Message.ShouldContain("is its package declared");
        (await DiffAsync(Unit("nosuch.service") with { Running = false, Enabled = false })).ShouldBeEmpty();
        await kind.ApplyAsync(Unit("nosuch.service") with { Running = false, Enabled = false }, null, default);
    }

    [Fact]
    public async Task A_masked_unit_stays_masked()
    {
        machine.Files.WriteSymlink("/etc/systemd/system/nova-compute.service", "/dev/null");
        (await DiffAsync(Unit() with { Running = false, Enabled = false })).ShouldBeEmpty();
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain("systemctl unmask nova-compute.service");
        machine.Systemd.Calls.Where(c => c != "daemon-reload").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_static_unit_cannot_be_enabled()
    {
        machine.Files[File] = "[Service]\nExecStart=/bin/true\n";
        (await DiffAsync(Unit() with { Enabled = false, Running = null })).ShouldBeEmpty();
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()))).Message.ShouldContain("[Install]");
    }

    [Fact]
    public async Task A_unit_that_does_not_start_says_where_to_look()
    {
        machine.Files[File] = Installable + "FAIL";
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()));
        error.Kind.ShouldBe(ErrorKind.ProcessFailed);
        error.Message.ShouldContain("journalctl -u nova-compute.service");
    }

    [Fact]
    public async Task Changed_unit_files_are_read_again_before_anything_else()
    {
        var wanted = Unit() with { Definition = UnitSpec.Current };
        await MakeAsync(wanted);
        machine.Systemd.Calls.Clear();
        machine.Files["/etc/systemd/system/nova-compute.service.d/limits.conf"] = "[Service]\nLimitNOFILE=9\n";
        (await DiffAsync(wanted)).ShouldBe(["definition"]);
        (await DiffAsync(wanted with { Definition = null })).ShouldBeEmpty();
        await MakeAsync(wanted);
        machine.Systemd.Calls.ShouldBe(["daemon-reload"]);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_unit_of_ours_is_absent_until_its_file_is_there_then_read_and_started()
    {
        var wanted = Own();
        (await kind.ObserveAsync(wanted, default)).ShouldBeNull();
        machine.Files["/etc/systemd/system/own.service"] = Installable;
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
        machine.Files["/etc/systemd/system/own.service"] = Installable + "#commented\n";
        (await DiffAsync(wanted)).ShouldBe(["definition"]);
        machine.Files["/etc/systemd/system/own.service"] = Installable + "Also=other.service\n";
        (await DiffAsync(wanted)).ShouldBe(["definition", "configuration"]);
        machine.Systemd.Calls.Clear();
        await MakeAsync(wanted with { OnChange = OnChange.Reload });
        machine.Systemd.Calls.ShouldBe(["daemon-reload", "restart own.service"]);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_a_unit_of_ours_is_removed_and_then_it_is_absent()
    {
        kind.CanRemove(Unit()).ShouldBeFalse();
        kind.CanRemove(Unit() with { Definition = UnitSpec.Current, Loads = ["/etc/nova.conf"] }).ShouldBeFalse();
        kind.CanRemove(Own()).ShouldBeTrue();
        machine.Files["/etc/systemd/system/own.service"] = Installable;
        await MakeAsync(Own());
        machine.Systemd.Calls.Clear();
        await kind.RemoveAsync(Own(), default);
        machine.Systemd.Calls.ShouldBe(["stop own.service", "disable own.service"]);
        (await kind.ObserveAsync(Own(), default)).ShouldBeNull();
        await kind.RemoveAsync(Own(), default);
        await kind.RemoveAsync(Unit(), default);
        machine.Systemd.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_unit_of_ours_that_should_stand_still_is_there()
    {
        machine.Files["/etc/systemd/system/own.service"] = Installable;
        (await DiffAsync(Own() with { Running = false, Enabled = false })).ShouldBeEmpty();
        (await kind.ObserveAsync(Own() with { Running = false, Enabled = false }, default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_unit_that_is_starting_gets_a_bounded_time()
    {
        machine.Systemd.LooksUntilActive = 3;
        await MakeAsync(Unit());
        (await DiffAsync(Unit())).ShouldBeEmpty();

        await machine.Systemd.StopAsync("nova-compute.service", default);
        machine.Systemd.LooksUntilActive = int.MaxValue;
        await MakeAsync(Unit());
        var began = clock.GetUtcNow();
        (await DiffAsync(Unit())).ShouldBe(["running"]);
        (clock.GetUtcNow() - began).ShouldBeLessThan(TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task Whoever_a_starting_unit_may_wait_for_does_not_wait_for_it()
    {
        machine.Systemd.LooksUntilActive = int.MaxValue;
        await MakeAsync(Unit());
        var began = clock.GetUtcNow();
        var daemons = new UnitsKind(machine.Systemd, machine.Files, "/run/cloudlet/units", clock, patience: TimeSpan.Zero);

        (await daemons.ObserveAsync(Unit(), default))!.Running.ShouldBe(false);

        clock.GetUtcNow().ShouldBe(began);
    }

    [Fact]
    public async Task What_is_captured_asks_for_current_files()
    {
        await MakeAsync(Unit());
        var captured = await kind.CaptureAsync((await kind.ObserveAsync(Unit(), default))! with { Definition = "stale", Configuration = "stale" }, default);
        captured.ShouldBe(captured! with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current, Running = true, Enabled = true });
    }

    private static UnitSpec Unit(string name = "nova-compute.service") => new() { Id = UnitSpec.IdOf(name), Name = name, Enabled = true, Running = true };

    private static UnitSpec Own() => Unit("own.service") with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current, Loads = ["/etc/systemd/system/own.service"] };

    private async Task MakeAsync(UnitSpec wanted) => await kind.ApplyAsync(wanted, await kind.ObserveAsync(wanted, default), default);

    private async Task<IEnumerable<string>> DiffAsync(UnitSpec wanted) => SpecDiff.Between(wanted, await kind.ObserveAsync(wanted, default)).Select(c => c.Path);
}
