using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Units;

public sealed class UnitsKindSpecs : IDisposable
{
    private const string File = "/lib/systemd/system/nova-compute.service";
    private const string Installable = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";

    private readonly ManualClock _clock = new();
    private readonly FakeMachine _machine;
    private readonly UnitsKind _kind;

    public UnitsKindSpecs()
    {
        _machine = new FakeMachine(_clock);
        _kind = new UnitsKind(_machine.Systemd, _machine.Files, "/run/cloudlet/units", _clock);
        _machine.Files[File] = Installable;
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task A_unit_is_enabled_and_started_once()
    {
        await MakeAsync(Unit());
        _machine.Systemd.Calls.ShouldBe(["enable nova-compute.service", "start nova-compute.service"]);
        (await DiffAsync(Unit())).ShouldBeEmpty();
        await MakeAsync(Unit());
        _machine.Systemd.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_requested_restart_is_not_a_crash_loop()
    {
        _machine.Systemd.StartLimit = 2;
        for (var version = 1; version <= 5; version++)
        {
            _machine.Files["/etc/nova/nova.conf"] = $"version = {version}";
            _clock.Advance(TimeSpan.FromSeconds(1));
            await MakeAsync(Unit());
            (await DiffAsync(Unit())).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_process_stopped_by_a_signal_does_not_count_as_running_and_is_resumed()
    {
        var signals = new FakeSignals();
        var own = new UnitsKind(_machine.Systemd, _machine.Files, "/run/cloudlet/units", _clock, signals);
        await MakeAsync(Unit());
        signals.Stopped.Add(_machine.Systemd.Get(Unit().Name).MainPid);

        var seen = await own.ObserveAsync(Unit(), default);
        seen!.Running.ShouldBe(false);
        await own.ApplyAsync(Unit(), seen, default);

        (await own.ObserveAsync(Unit(), default))!.Running.ShouldBe(true);
        _machine.Systemd.Calls.ShouldBe(["enable nova-compute.service", "start nova-compute.service"]);
    }

    [Fact]
    public async Task A_unit_that_does_not_start_is_not_started_repeatedly()
    {
        _machine.Files[File] = Installable + "# FAIL";
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()))).Kind.ShouldBe(ErrorKind.ProcessFailed);
        _machine.Systemd.Calls.ShouldBe(["enable nova-compute.service", "start nova-compute.service"]);
    }

    [Fact]
    public async Task A_unit_that_was_observed_while_it_started_is_stopped_when_it_is_removed()
    {
        _machine.Files["/etc/systemd/system/own.service"] = Installable;
        await MakeAsync(Own());
        _machine.Systemd.Calls.Clear();

        await _kind.RemoveAsync(Own() with { Running = false, Enabled = false }, default);

        _machine.Systemd.Calls.ShouldContain("stop own.service");
    }

    [Theory]
    [InlineData(true, false, "disable nova-compute.service", "enabled")]
    [InlineData(false, true, "stop nova-compute.service", "running")]
    public async Task A_unit_is_switched_to_the_described_state(bool running, bool enabled, string call, string property)
    {
        await MakeAsync(Unit());
        _machine.Systemd.Calls.Clear();
        var wanted = Unit() with { Running = running, Enabled = enabled };
        (await DiffAsync(wanted)).ShouldBe([property]);
        await MakeAsync(wanted);
        _machine.Systemd.Calls.ShouldBe([call]);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_crashed_unit_is_restarted()
    {
        await MakeAsync(Unit());
        await _machine.Systemd.StopAsync("nova-compute.service", default);
        (await DiffAsync(Unit())).ShouldBe(["running"]);
        await MakeAsync(Unit());
        (await DiffAsync(Unit())).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_missing_unit_is_reported_with_advice_about_its_package()
    {
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit("nosuch.service")));
        error.Kind.ShouldBe(ErrorKind.NotFound);
        error.Message.ShouldContain("is its package declared");
        (await DiffAsync(Unit("nosuch.service") with { Running = false, Enabled = false })).ShouldBeEmpty();
        await _kind.ApplyAsync(Unit("nosuch.service") with { Running = false, Enabled = false }, null, default);
    }

    [Fact]
    public async Task A_masked_unit_stays_masked()
    {
        _machine.Files.WriteSymlink("/etc/systemd/system/nova-compute.service", "/dev/null");
        (await DiffAsync(Unit() with { Running = false, Enabled = false })).ShouldBeEmpty();
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain("systemctl unmask nova-compute.service");
        _machine.Systemd.Calls.Where(c => c != "daemon-reload").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_static_unit_cannot_be_enabled()
    {
        _machine.Files[File] = "[Service]\nExecStart=/bin/true\n";
        (await DiffAsync(Unit() with { Enabled = false, Running = null })).ShouldBeEmpty();
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()))).Message.ShouldContain("[Install]");
    }

    [Fact]
    public async Task A_unit_that_does_not_start_is_reported_with_where_to_look()
    {
        _machine.Files[File] = Installable + "FAIL";
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()));
        error.Kind.ShouldBe(ErrorKind.ProcessFailed);
        error.Message.ShouldContain("journalctl -u nova-compute.service");
    }

    [Fact]
    public async Task Changed_unit_files_are_read_again_before_anything_else()
    {
        var wanted = Unit() with { Definition = UnitSpec.Current };
        await MakeAsync(wanted);
        _machine.Systemd.Calls.Clear();
        _machine.Files["/etc/systemd/system/nova-compute.service.d/limits.conf"] = "[Service]\nLimitNOFILE=9\n";
        (await DiffAsync(wanted)).ShouldBe(["definition"]);
        (await DiffAsync(wanted with { Definition = null })).ShouldBeEmpty();
        await MakeAsync(wanted);
        _machine.Systemd.Calls.ShouldBe(["daemon-reload"]);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/lib/systemd/system/nova-compute.service", "[Service]\nExecStart=/bin/false\n[Install]\n")]
    [InlineData("/etc/systemd/system/nova-compute.service.d/override.conf", "[Service]\nNice=5\n")]
    public async Task A_process_has_loaded_the_unit_file_and_drop_ins_of_any_source(string path, string content)
    {
        var wanted = Unit() with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current };
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
        _clock.Advance(TimeSpan.FromMinutes(1));

        _machine.Files[path] = content;
        _machine.Systemd.DaemonReload();
        _machine.Systemd.Calls.Clear();
        (await DiffAsync(wanted)).ShouldBe(["configuration"]);
        await MakeAsync(wanted);
        _machine.Systemd.Calls.ShouldBe(["restart nova-compute.service"]);
        (await DiffAsync(wanted)).ShouldBeEmpty();

        if (path.EndsWith(".conf", StringComparison.Ordinal))
        {
            // Neither systemd nor the description names it any more, but the process still has it.
            ((Cloudlet.Machine.Files.IHostFiles)_machine.Files).Delete(path);
            _machine.Systemd.DaemonReload();
            (await DiffAsync(wanted)).ShouldBe(["configuration"]);
        }
    }

    [Fact]
    public async Task A_comment_in_a_unit_file_or_a_touch_restarts_nothing()
    {
        var wanted = Unit() with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current };
        await MakeAsync(wanted);
        _clock.Advance(TimeSpan.FromMinutes(1));
        _machine.Files[File] = "# edited\n" + Installable;
        _machine.Systemd.DaemonReload();

        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_unit_that_ran_before_us_with_older_files_is_left_running()
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        _machine.Systemd.EnableByHand("nova-compute.service");
        _machine.Systemd.StartByHand("nova-compute.service");
        _clock.Advance(TimeSpan.FromMinutes(1));

        (await DiffAsync(Unit() with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_unit_of_another_type_that_failed_too_often_starts_again_once_corrected()
    {
        const string Socket = "/etc/systemd/system/own.socket";
        _machine.Systemd.StartLimit = 1;
        _machine.Files[Socket] = Installable;
        var wanted = Unit("own.socket");
        await MakeAsync(wanted);
        await _machine.Systemd.StopAsync("own.socket", default);
        _machine.Files[Socket] = Installable + "# FAIL";
        _machine.Systemd.DaemonReload();
        await Should.ThrowAsync<CloudletException>(() => MakeAsync(wanted));

        _machine.Files[Socket] = Installable;
        _machine.Systemd.DaemonReload();
        await MakeAsync(wanted);

        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("oneshot", "Add RemainAfterExit=yes")]
    [InlineData("simple", "ended at once, without a failure")]
    public async Task A_unit_that_exits_at_once_has_not_been_started(string type, string advice)
    {
        _machine.Files[File] = Installable + "# ENDS";
        _machine.Systemd.End = new() { Type = type };

        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()));

        (error.Kind, error.CanRetry).ShouldBe((ErrorKind.ProcessFailed, false));
        error.Message.ShouldContain(advice);
    }

    [Fact]
    public async Task A_failed_condition_is_named()
    {
        _machine.Files[File] = Installable + "# ENDS";
        _machine.Systemd.End = new() { Unmet = ["ConditionPathExists=/etc/nova/ready"] };

        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()))).Message.ShouldContain("ConditionPathExists=/etc/nova/ready");
    }

    [Theory]
    [InlineData(
        "nova-compute.service was skipped because of an unmet condition check (ConditionPathExists=/etc/nova/ready).",
        "not met: ConditionPathExists=/etc/nova/ready."
    )]
    [InlineData(
        "Condition check resulted in nova-compute.service being skipped.",
        "not met: one of ConditionPathExists=/etc/nova/ready, ConditionHost=edge."
    )]
    [InlineData("nova-compute.service: Starting requested but asserts failed.", "not met: AssertFileNotEmpty=/etc/x.")]
    [InlineData(
        null,
        "Or systemd skipped its start, because one of these is not met: ConditionPathExists=/etc/nova/ready, ConditionHost=edge, "
            + "AssertFileNotEmpty=/etc/x."
    )]
    public async Task The_condition_of_an_unloaded_unit_is_found_in_the_log(string? said, string expected)
    {
        _machine.Files[File] = Installable;
        _machine.Systemd.End = new()
        {
            Type = "simple",
            Untested = ["ConditionPathExists=/etc/nova/ready", "ConditionHost=edge", "AssertFileNotEmpty=/etc/x"],
        };
        var processes = new FakeProcesses();
        processes.Programs["journalctl"] = _ => new ProcessResult(0, said is null ? "" : $"Starting\n{said}\n", "");
        var diagnosis = new UnitDiagnosis(_machine.Systemd, new UnitLog(processes, _machine.Files, static _ => static text => text));

        (await diagnosis.OfAsync(Unit(), _machine.Systemd.Get(Unit().Name), default)).ShouldContain(expected);
    }

    [Fact]
    public async Task An_observation_says_why_a_unit_does_not_run()
    {
        _machine.Files["/lib/systemd/system/other.service"] = Installable;
        (await _kind.WhyAsync(Unit("other.service"), null, default)).ShouldBeNull(); // it never ran, and no reason is known
        _machine.Files[File] = Installable + "# FAIL";
        _machine.Systemd.End = new() { Type = "simple", Status = 203 };
        await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()));

        var why = (await _kind.WhyAsync(Unit(), await _kind.ObserveAsync(Unit(), default), default)).ShouldNotBeNull();
        why.ShouldContain("exit status 203, its program cannot be executed");
        why.ShouldContain("result exit-code");
        (await _kind.WhyAsync(Unit() with { Running = null }, null, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_unit_of_ours_is_absent_until_its_file_exists_then_loaded_and_started()
    {
        var wanted = Own();
        (await _kind.ObserveAsync(wanted, default)).ShouldBeNull();
        _machine.Files["/etc/systemd/system/own.service"] = Installable;
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
        _machine.Files["/etc/systemd/system/own.service"] = Installable + "#commented\n";
        (await DiffAsync(wanted)).ShouldBe(["definition"]);
        _machine.Files["/etc/systemd/system/own.service"] = Installable + "Also=other.service\n";
        (await DiffAsync(wanted)).ShouldBe(["definition", "configuration"]);
        _machine.Systemd.Calls.Clear();
        await MakeAsync(wanted with { OnChange = OnChange.Reload });
        _machine.Systemd.Calls.ShouldBe(["daemon-reload", "restart own.service"]);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_a_unit_of_ours_is_removed_and_then_it_is_absent()
    {
        _kind.CanRemove(Unit()).ShouldBeFalse();
        _kind.CanRemove(Unit() with { Definition = UnitSpec.Current, Loads = ["/etc/nova.conf"] }).ShouldBeFalse();
        _kind.CanRemove(Own()).ShouldBeTrue();
        _machine.Files["/etc/systemd/system/own.service"] = Installable;
        await MakeAsync(Own());
        _machine.Systemd.Calls.Clear();
        await _kind.RemoveAsync(Own(), default);
        _machine.Systemd.Calls.ShouldBe(["stop own.service", "disable own.service"]);
        (await _kind.ObserveAsync(Own(), default)).ShouldBeNull();
        await _kind.RemoveAsync(Own(), default);
        await _kind.RemoveAsync(Unit(), default);
        _machine.Systemd.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_unit_of_ours_that_should_not_run_exists()
    {
        _machine.Files["/etc/systemd/system/own.service"] = Installable;
        (await DiffAsync(Own() with { Running = false, Enabled = false })).ShouldBeEmpty();
        (await _kind.ObserveAsync(Own() with { Running = false, Enabled = false }, default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_unit_that_is_starting_gets_a_bounded_time()
    {
        _machine.Systemd.LooksUntilActive = 3;
        await MakeAsync(Unit());
        (await DiffAsync(Unit())).ShouldBeEmpty();

        await _machine.Systemd.StopAsync("nova-compute.service", default);
        _machine.Systemd.LooksUntilActive = int.MaxValue;
        await MakeAsync(Unit());
        var began = _clock.GetUtcNow();
        (await DiffAsync(Unit())).ShouldBe(["running"]);
        (_clock.GetUtcNow() - began).ShouldBeLessThan(TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task The_process_that_a_starting_unit_may_wait_for_does_not_wait_for_it()
    {
        _machine.Systemd.LooksUntilActive = int.MaxValue;
        await MakeAsync(Unit());
        var began = _clock.GetUtcNow();
        var daemons = new UnitsKind(_machine.Systemd, _machine.Files, "/run/cloudlet/units", _clock, patience: TimeSpan.Zero);

        (await daemons.ObserveAsync(Unit(), default))!.Running.ShouldBe(false);

        _clock.GetUtcNow().ShouldBe(began);
    }

    [Fact]
    public async Task A_captured_state_requires_current_files()
    {
        await MakeAsync(Unit());
        var captured = await _kind.CaptureAsync(
            (await _kind.ObserveAsync(Unit(), default))! with
            {
                Definition = "stale",
                Configuration = "stale",
            },
            default
        );
        captured.ShouldBe(
            captured! with
            {
                Definition = UnitSpec.Current,
                Configuration = UnitSpec.Current,
                Running = true,
                Enabled = true,
            }
        );
    }

    [Theory]
    [InlineData("nova-compute.service", "stop nova-compute.service")]
    [InlineData("systemd-networkd.service", null)]
    public async Task A_foreign_unit_returns_to_stopped_and_disabled_and_the_network_is_not_stopped(string name, string? stopped)
    {
        _machine.Files[$"/lib/systemd/system/{name}"] = Installable;
        var before = (await _kind.CaptureAsync((await _kind.ObserveAsync(Unit(name), default))!, default))!;
        await MakeAsync(Unit(name));
        _machine.Systemd.Calls.Clear();

        await MakeAsync(_kind.GiveBack(before, Unit(name), (await _kind.ObserveAsync(Unit(name), default))!));

        _machine
            .Systemd.Calls.Where(c => !c.StartsWith("daemon", StringComparison.Ordinal))
            .ShouldBe(stopped is null ? [$"disable {name}"] : [$"disable {name}", stopped], ignoreOrder: true);
    }

    [Fact]
    public async Task Later_changes_by_an_operator_stay()
    {
        var wanted = Unit() with { Running = false, Enabled = false };
        await MakeAsync(Unit());
        var before = (await _kind.CaptureAsync((await _kind.ObserveAsync(wanted, default))!, default))!;
        await MakeAsync(wanted);
        _machine.Systemd.Enable("nova-compute.service");

        var goal = _kind.GiveBack(before, wanted, (await _kind.ObserveAsync(wanted, default))!);

        (goal.Enabled, goal.Running).ShouldBe((null, true));
    }

    [Theory]
    [InlineData(OnChange.Restart)]
    [InlineData(OnChange.Reload)]
    public async Task A_service_has_the_environment_file_of_its_start(OnChange onChange)
    {
        const string environment = "/etc/default/nova";
        var wanted = Unit() with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current, OnChange = onChange };
        _machine.Files[File] = Installable + $"EnvironmentFile={environment}\n";
        _machine.Files[environment] = "LEVEL=1\n";
        await MakeAsync(wanted);
        _kind.TriggersOf(wanted).ShouldContain(w => w.Name == environment);
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await DiffAsync(wanted)).ShouldBeEmpty();

        _machine.Files[environment] = "LEVEL=2\n";
        var seen = await _kind.ObserveAsync(wanted, default);
        seen!.StaleEnvironment.ShouldBe([environment]);
        (await _kind.ObserveAsync(wanted with { Loads = [environment] }, default))!.StaleEnvironment.ShouldBeNull();
        _machine.Systemd.Calls.Clear();
        await MakeAsync(wanted);

        _machine.Systemd.Calls.ShouldBe(["restart nova-compute.service"]);
        (await DiffAsync(wanted)).ShouldBeEmpty();

        // Without the file it would not start again.
        _machine.Files.Delete(environment);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_optional_environment_file_may_be_missing()
    {
        var wanted = Unit() with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current };
        _machine.Files[File] = Installable + "EnvironmentFile=-/etc/default/nova\n";
        _machine.Files["/etc/default/other"] = "";
        _machine.Systemd.Enable(wanted.Name);
        await _machine.Systemd.StartAsync(wanted.Name, default);
        _clock.Advance(TimeSpan.FromSeconds(1));
        _machine.Files["/etc/default/other"] = "A=1";
        (await DiffAsync(wanted)).ShouldBeEmpty();
        _kind.RecordConverged(wanted);
        _clock.Advance(TimeSpan.FromSeconds(1));

        _machine.Files["/etc/default/nova"] = "A=1";
        (await DiffAsync(wanted)).ShouldBe(["configuration"]);
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();

        _machine.Files.Delete("/etc/default/nova");
        (await DiffAsync(wanted)).ShouldBe(["configuration"]);
    }

    private static UnitSpec Unit(string name = "nova-compute.service") =>
        new()
        {
            Id = UnitSpec.IdOf(name),
            Name = name,
            Enabled = true,
            Running = true,
        };

    private static UnitSpec Own() =>
        Unit("own.service") with
        {
            Definition = UnitSpec.Current,
            Configuration = UnitSpec.Current,
            Loads = ["/etc/systemd/system/own.service"],
        };

    private async Task MakeAsync(UnitSpec wanted) => await _kind.ApplyAsync(wanted, await _kind.ObserveAsync(wanted, default), default);

    private async Task<IEnumerable<string>> DiffAsync(UnitSpec wanted) =>
        SpecDiff.Between(wanted, await _kind.ObserveAsync(wanted, default)).Select(c => c.Path);
}
