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
    public async Task A_requested_restart_is_not_a_crash_loop()
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
    public async Task A_process_stopped_by_a_signal_does_not_count_as_running_and_is_resumed()
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
    public async Task A_unit_that_does_not_start_is_not_started_repeatedly()
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
    public async Task A_unit_is_switched_to_the_described_state(bool running, bool enabled, string call, string property)
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
    public async Task A_crashed_unit_is_restarted()
    {
        await MakeAsync(Unit());
        await machine.Systemd.StopAsync("nova-compute.service", default);
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
    public async Task A_unit_that_does_not_start_is_reported_with_where_to_look()
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

    [Theory]
    [InlineData("/lib/systemd/system/nova-compute.service", "[Service]\nExecStart=/bin/false\n[Install]\n")]
    [InlineData("/etc/systemd/system/nova-compute.service.d/override.conf", "[Service]\nNice=5\n")]
    public async Task A_process_has_loaded_the_unit_file_and_drop_ins_of_any_source(string path, string content)
    {
        var wanted = Unit() with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current };
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
        clock.Advance(TimeSpan.FromMinutes(1));

        machine.Files[path] = content;
        machine.Systemd.DaemonReload();
        machine.Systemd.Calls.Clear();
        (await DiffAsync(wanted)).ShouldBe(["configuration"]);
        await MakeAsync(wanted);
        machine.Systemd.Calls.ShouldBe(["restart nova-compute.service"]);
        (await DiffAsync(wanted)).ShouldBeEmpty();

        if (path.EndsWith(".conf", StringComparison.Ordinal))
        {
            // Neither systemd nor the description names it any more, but the process still has it.
            ((Cloudlet.Machine.Files.IHostFiles)machine.Files).Delete(path);
            machine.Systemd.DaemonReload();
            (await DiffAsync(wanted)).ShouldBe(["configuration"]);
        }
    }

    [Fact]
    public async Task A_comment_in_a_unit_file_or_a_touch_restarts_nothing()
    {
        var wanted = Unit() with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current };
        await MakeAsync(wanted);
        clock.Advance(TimeSpan.FromMinutes(1));
        machine.Files[File] = "# edited\n" + Installable;
        machine.Systemd.DaemonReload();

        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_unit_that_ran_before_us_with_older_files_is_left_running()
    {
        clock.Advance(TimeSpan.FromMinutes(1));
        machine.Systemd.EnableByHand("nova-compute.service");
        machine.Systemd.StartByHand("nova-compute.service");
        clock.Advance(TimeSpan.FromMinutes(1));

        (await DiffAsync(Unit() with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_unit_of_another_type_that_failed_too_often_starts_again_once_corrected()
    {
        const string Socket = "/etc/systemd/system/own.socket";
        machine.Systemd.StartLimit = 1;
        machine.Files[Socket] = Installable;
        var wanted = Unit("own.socket");
        await MakeAsync(wanted);
        await machine.Systemd.StopAsync("own.socket", default);
        machine.Files[Socket] = Installable + "# FAIL";
        machine.Systemd.DaemonReload();
        await Should.ThrowAsync<CloudletException>(() => MakeAsync(wanted));

        machine.Files[Socket] = Installable;
        machine.Systemd.DaemonReload();
        await MakeAsync(wanted);

        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("oneshot", "Add RemainAfterExit=yes")]
    [InlineData("simple", "ended at once, without a failure")]
    public async Task A_unit_that_exits_at_once_has_not_been_started(string type, string advice)
    {
        machine.Files[File] = Installable + "# ENDS";
        machine.Systemd.End = new() { Type = type };

        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()));

        (error.Kind, error.CanRetry).ShouldBe((ErrorKind.ProcessFailed, false));
        error.Message.ShouldContain(advice);
    }

    [Fact]
    public async Task A_failed_condition_is_named()
    {
        machine.Files[File] = Installable + "# ENDS";
        machine.Systemd.End = new() { Unmet = ["ConditionPathExists=/etc/nova/ready"] };

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
        machine.Files[File] = Installable;
        machine.Systemd.End = new()
        {
            Type = "simple",
            Untested = ["ConditionPathExists=/etc/nova/ready", "ConditionHost=edge", "AssertFileNotEmpty=/etc/x"],
        };
        var processes = new FakeProcesses();
        processes.Programs["journalctl"] = _ => new ProcessResult(0, said is null ? "" : $"Starting\n{said}\n", "");
        var diagnosis = new UnitDiagnosis(machine.Systemd, new UnitLog(processes, machine.Files, static _ => static text => text));

        (await diagnosis.OfAsync(Unit(), machine.Systemd.Get(Unit().Name), default)).ShouldContain(expected);
    }

    [Fact]
    public async Task An_observation_says_why_a_unit_does_not_run()
    {
        machine.Files["/lib/systemd/system/other.service"] = Installable;
        (await kind.WhyAsync(Unit("other.service"), null, default)).ShouldBeNull(); // it never ran, and no reason is known
        machine.Files[File] = Installable + "# FAIL";
        machine.Systemd.End = new() { Type = "simple", Status = 203 };
        await Should.ThrowAsync<CloudletException>(() => MakeAsync(Unit()));

        var why = (await kind.WhyAsync(Unit(), await kind.ObserveAsync(Unit(), default), default)).ShouldNotBeNull();
        why.ShouldContain("exit status 203, its program cannot be executed");
        why.ShouldContain("result exit-code");
        (await kind.WhyAsync(Unit() with { Running = null }, null, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_unit_of_ours_is_absent_until_its_file_exists_then_loaded_and_started()
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
    public async Task A_unit_of_ours_that_should_not_run_exists()
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
    public async Task The_process_that_a_starting_unit_may_wait_for_does_not_wait_for_it()
    {
        machine.Systemd.LooksUntilActive = int.MaxValue;
        await MakeAsync(Unit());
        var began = clock.GetUtcNow();
        var daemons = new UnitsKind(machine.Systemd, machine.Files, "/run/cloudlet/units", clock, patience: TimeSpan.Zero);

        (await daemons.ObserveAsync(Unit(), default))!.Running.ShouldBe(false);

        clock.GetUtcNow().ShouldBe(began);
    }

    [Fact]
    public async Task A_captured_state_requires_current_files()
    {
        await MakeAsync(Unit());
        var captured = await kind.CaptureAsync(
            (await kind.ObserveAsync(Unit(), default))! with
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
        machine.Files[$"/lib/systemd/system/{name}"] = Installable;
        var before = (await kind.CaptureAsync((await kind.ObserveAsync(Unit(name), default))!, default))!;
        await MakeAsync(Unit(name));
        machine.Systemd.Calls.Clear();

        await MakeAsync(kind.GiveBack(before, Unit(name), (await kind.ObserveAsync(Unit(name), default))!));

        machine
            .Systemd.Calls.Where(c => !c.StartsWith("daemon", StringComparison.Ordinal))
            .ShouldBe(stopped is null ? [$"disable {name}"] : [$"disable {name}", stopped], ignoreOrder: true);
    }

    [Fact]
    public async Task Later_changes_by_an_operator_stay()
    {
        var wanted = Unit() with { Running = false, Enabled = false };
        await MakeAsync(Unit());
        var before = (await kind.CaptureAsync((await kind.ObserveAsync(wanted, default))!, default))!;
        await MakeAsync(wanted);
        machine.Systemd.Enable("nova-compute.service");

        var goal = kind.GiveBack(before, wanted, (await kind.ObserveAsync(wanted, default))!);

        (goal.Enabled, goal.Running).ShouldBe((null, true));
    }

    [Theory]
    [InlineData(OnChange.Restart)]
    [InlineData(OnChange.Reload)]
    public async Task A_service_has_the_environment_file_of_its_start(OnChange onChange)
    {
        const string environment = "/etc/default/nova";
        var wanted = Unit() with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current, OnChange = onChange };
        machine.Files[File] = Installable + $"EnvironmentFile={environment}\n";
        machine.Files[environment] = "LEVEL=1\n";
        await MakeAsync(wanted);
        kind.TriggersOf(wanted).ShouldContain(w => w.Name == environment);
        clock.Advance(TimeSpan.FromSeconds(1));
        (await DiffAsync(wanted)).ShouldBeEmpty();

        machine.Files[environment] = "LEVEL=2\n";
        var seen = await kind.ObserveAsync(wanted, default);
        seen!.StaleEnvironment.ShouldBe([environment]);
        (await kind.ObserveAsync(wanted with { Loads = [environment] }, default))!.StaleEnvironment.ShouldBeNull();
        machine.Systemd.Calls.Clear();
        await MakeAsync(wanted);

        machine.Systemd.Calls.ShouldBe(["restart nova-compute.service"]);
        (await DiffAsync(wanted)).ShouldBeEmpty();

        // Without the file it would not start again.
        machine.Files.Delete(environment);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_optional_environment_file_may_be_missing()
    {
        var wanted = Unit() with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current };
        machine.Files[File] = Installable + "EnvironmentFile=-/etc/default/nova\n";
        machine.Files["/etc/default/other"] = "";
        machine.Systemd.Enable(wanted.Name);
        await machine.Systemd.StartAsync(wanted.Name, default);
        clock.Advance(TimeSpan.FromSeconds(1));
        machine.Files["/etc/default/other"] = "A=1";
        (await DiffAsync(wanted)).ShouldBeEmpty();
        kind.Adopt(wanted);
        clock.Advance(TimeSpan.FromSeconds(1));

        machine.Files["/etc/default/nova"] = "A=1";
        (await DiffAsync(wanted)).ShouldBe(["configuration"]);
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();

        machine.Files.Delete("/etc/default/nova");
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

    private async Task MakeAsync(UnitSpec wanted) => await kind.ApplyAsync(wanted, await kind.ObserveAsync(wanted, default), default);

    private async Task<IEnumerable<string>> DiffAsync(UnitSpec wanted) =>
        SpecDiff.Between(wanted, await kind.ObserveAsync(wanted, default)).Select(c => c.Path);
}
