using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Modules;
using Cloudlet.DesiredState.Packages;
using Cloudlet.DesiredState.Units;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Systemd;
using Cloudlet.TestKit;

namespace Cloudlet.Healthd.Tests.Heal;

public sealed class PolicySpecs
{
    private const string Name = "nova-compute.service";

    private static readonly Circumstances Usual = new(null, HostNameChanged: false, IsBooting: false, RestartsReleased: false);
    private static readonly UnitInfo Running = new()
    {
        Name = Name,
        LoadState = "loaded",
        ActiveState = "active",
        SubState = "running",
        UnitFileState = "enabled",
        NeedDaemonReload = false,
        InvocationId = "",
        MainPid = 7,
        Started = null,
    };

    private readonly HealthSettings settings = new() { Burst = 1, PerMinute = 1, GiveUpAfter = 1 };
    private readonly Ledger ledger;
    private readonly Policy policy;

    public PolicySpecs()
    {
        ledger = new Ledger(settings, new ManualClock());
        policy = new Policy(settings, ledger);
    }

    [Fact]
    public void A_deviation_is_healed() => Judge(Module()).ShouldBe(Verdict.Act);

    [Fact]
    public void A_hold_stops_everything_and_says_whose_it_is()
    {
        var verdict = Judge(Module(), Usual with { Hold = new Hold("anna", "new cable", Samples.Noon, Samples.Noon.AddHours(1)) });

        verdict.State.ShouldBe(ResourceState.Held);
        verdict.Because!.ShouldContain("anna");
        verdict.Because!.ShouldContain("new cable");
        verdict.Alarm.ShouldBeNull();
    }

    [Fact]
    public void Packages_are_for_apply()
    {
        var verdict = Judge(Change(new PackageSpec { Id = "package:nova", Name = "nova", Installed = true }));

        (verdict.State, verdict.Alarm).ShouldBe((ResourceState.LeftAlone, AlarmKind.PackageMissing));
    }

    [Fact]
    public void The_daemons_own_unit_is_for_systemd() => Judge(Unit(HealthCompiler.Unit)).State.ShouldBe(ResourceState.LeftAlone);

    [Fact]
    public void A_daemon_that_runs_on_old_settings_starts_anew() =>
        Judge(Unit(HealthCompiler.Unit, Samples.Property("configuration", "old", "current"))).StartsAnew.ShouldBeTrue();

    [Theory]
    [InlineData("masked", "enabled")]
    [InlineData("loaded", "masked")]
    [InlineData("loaded", "masked-runtime")]
    public void A_masked_unit_is_left_alone(string load, string file)
    {
        var verdict = Judge(Unit(), unit: Running with { LoadState = load, UnitFileState = file });

        (verdict.State, verdict.Alarm).ShouldBe((ResourceState.LeftAlone, AlarmKind.OperatorMasked));
    }

    [Fact]
    public void A_disabled_unit_that_is_described_as_enabled_is_left_alone()
    {
        var verdict = Judge(Unit(), unit: Running with { UnitFileState = "disabled" });

        (verdict.State, verdict.Alarm).ShouldBe((ResourceState.LeftAlone, AlarmKind.OperatorDisabled));
    }

    [Fact]
    public void A_disabled_unit_whose_enablement_is_not_described_is_healed() =>
        Judge(Change(new UnitSpec { Id = UnitSpec.IdOf(Name), Name = Name, Running = true }), unit: Running with { UnitFileState = "disabled" }).ShouldBe(Verdict.Act);

    [Fact]
    public void On_a_host_with_another_name_no_unit_is_touched_but_everything_else_is_healed()
    {
        var renamed = Usual with { HostNameChanged = true };

        (Judge(Unit(), renamed).State, Judge(Unit(), renamed).Alarm).ShouldBe((ResourceState.LeftAlone, AlarmKind.HostNameChanged));
        Judge(Module(), renamed).ShouldBe(Verdict.Act);
    }

    [Fact]
    public void While_the_host_boots_units_wait()
    {
        var verdict = Judge(Unit(), Usual with { IsBooting = true });

        verdict.State.ShouldBe(ResourceState.Waiting);
        verdict.LookAgain.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("activating")]
    [InlineData("deactivating")]
    [InlineData("reloading")]
    public void A_unit_that_systemd_works_on_waits(string state)
    {
        var verdict = Judge(Unit(), unit: Running with { ActiveState = state });

        verdict.State.ShouldBe(ResourceState.Waiting);
        verdict.LookAgain.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(Restarts.Deferred, false, "configuration", ResourceState.Deferred)]
    [InlineData(Restarts.Deferred, true, "configuration", ResourceState.Waiting)]
    [InlineData(Restarts.Auto, false, "configuration", ResourceState.Waiting)]
    [InlineData(Restarts.Deferred, false, "running", ResourceState.Waiting)]
    public void Restarts_for_a_new_configuration_can_be_deferred_and_released(Restarts restarts, bool released, string property, ResourceState state)
    {
        var verdict = new Policy(settings with { Restarts = restarts }, ledger)
            .Judge(Unit(properties: Samples.Property(property, "old", "current")), Usual with { RestartsReleased = released }, _ => Running);

        verdict.State.ShouldBe(state);
        (verdict == Verdict.Act).ShouldBe(state != ResourceState.Deferred);
    }

    [Fact]
    public void Failures_wait_and_end_in_giving_up()
    {
        var patient = new Ledger(settings with { GiveUpAfter = 2 }, new ManualClock());
        var judge = new Policy(settings, patient);
        patient.Failed("module:dummy", forGood: false);
        var verdict = judge.Judge(Module(), Usual, _ => Running);
        (verdict.State, verdict.Alarm).ShouldBe((ResourceState.Waiting, null));
        verdict.ShouldNotBe(Verdict.Act);

        patient.Failed("module:dummy", forGood: false);

        judge.Judge(Module(), Usual, _ => Running).State.ShouldBe(ResourceState.GivenUp);
    }

    [Fact]
    public void Too_many_heals_are_flapping()
    {
        ledger.Succeeded("module:dummy");

        var verdict = Judge(Module());

        (verdict.State, verdict.Alarm).ShouldBe((ResourceState.Waiting, AlarmKind.Flapping));
    }

    private Verdict Judge(PlannedChange change, Circumstances? now = null, UnitInfo? unit = null) => policy.Judge(change, now ?? Usual, _ => unit ?? Running);

    private static PlannedChange Module() => Change(new ModuleSpec { Id = "module:dummy", Name = "dummy", Loaded = true });

    private static PlannedChange Unit(string name = Name, params PropertyChange[] properties) =>
        Change(new UnitSpec { Id = UnitSpec.IdOf(name), Name = name, Enabled = true, Running = true }, properties);

    private static PlannedChange Change(ResourceSpec spec, params PropertyChange[] properties) => new(spec, ChangeAction.Update, properties);
}
