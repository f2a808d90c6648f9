using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Systemd;
using Cloudlet.Resources.Kinds.Modules;
using Cloudlet.Resources.Kinds.Packages;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Healthd.Tests.Heal;

public sealed class PolicySpecs
{
    private const string Name = "nova-compute.service";

    private static readonly HealConditions Usual = new(HostNameChanged: false, IsBooting: false, RestartsReleased: false);
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

    private readonly HealthSettings _settings = new()
    {
        Burst = 1,
        PerMinute = 1,
        GiveUpAfter = 1,
    };
    private readonly RetryBudget _ledger;
    private readonly Policy _policy;

    public PolicySpecs()
    {
        _ledger = new RetryBudget(_settings, new ManualClock());
        _policy = new Policy(_settings, _ledger, Kinds());
    }

    [Fact]
    public void A_deviation_is_healed() => Judge(Module()).ShouldBe(HealVerdict.Act);

    [Fact]
    public void A_hold_stops_everything_and_names_its_owner()
    {
        var verdict = _policy.Decide(Module(), Usual, new Hold("anna", "new cable", Samples.Noon, Samples.Noon.AddHours(1)));

        verdict.State.ShouldBe(ResourceState.Held);
        verdict.Because!.ShouldContain("anna");
        verdict.Because!.ShouldContain("new cable");
        verdict.Alarm.ShouldBeNull();
    }

    [Fact]
    public void Packages_are_for_apply()
    {
        var verdict = Judge(
            Change(
                new PackageSpec
                {
                    Id = "package:nova",
                    Name = "nova",
                    Installed = true,
                }
            )
        );

        (verdict.State, verdict.Alarm).ShouldBe((ResourceState.LeftAlone, AlarmKind.PackageMissing));
    }

    [Fact]
    public void The_daemons_own_unit_is_for_systemd() => Judge(Unit(HealthCompiler.Unit)).State.ShouldBe(ResourceState.LeftAlone);

    [Fact]
    public void A_daemon_with_old_settings_restarts() =>
        Judge(Unit(HealthCompiler.Unit, Samples.Property("configuration", "old", "current"))).RestartsDaemon.ShouldBeTrue();

    [Fact]
    public void A_unit_that_an_apply_masked_is_applied() =>
        UnitHealPolicy
            .Decide(
                (UnitSpec)Unit().Spec,
                Unit(),
                Usual,
                Running with
                {
                    LoadState = "masked",
                    UnitFileState = "masked",
                },
                isMaskedByUs: true
            )
            .ShouldBe(HealVerdict.Act);

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
        Judge(
                Change(
                    new UnitSpec
                    {
                        Id = UnitSpec.IdOf(Name),
                        Name = Name,
                        Running = true,
                    }
                ),
                unit: Running with
                {
                    UnitFileState = "disabled",
                }
            )
            .ShouldBe(HealVerdict.Act);

    [Fact]
    public void On_a_renamed_host_no_unit_is_touched_but_everything_else_is_healed()
    {
        var renamed = Usual with { HostNameChanged = true };

        (Judge(Unit(), renamed).State, Judge(Unit(), renamed).Alarm).ShouldBe((ResourceState.LeftAlone, AlarmKind.HostNameChanged));
        Judge(Module(), renamed).ShouldBe(HealVerdict.Act);
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
    public void Restarts_for_a_new_configuration_can_be_deferred_and_released(
        Restarts restarts,
        bool released,
        string property,
        ResourceState state
    )
    {
        var verdict = new Policy(_settings with { Restarts = restarts }, _ledger, Kinds()).Decide(
            Unit(properties: Samples.Property(property, "old", "current")),
            Usual with
            {
                RestartsReleased = released,
            },
            hold: null
        );

        verdict.State.ShouldBe(state);
        (verdict == HealVerdict.Act).ShouldBe(state != ResourceState.Deferred);
    }

    [Theory]
    [InlineData(false, false, ResourceState.Deferred)]
    [InlineData(true, false, ResourceState.Waiting)]
    [InlineData(false, true, ResourceState.Waiting)]
    public void A_service_is_not_restarted_for_an_undescribed_environment_file(bool described, bool released, ResourceState state)
    {
        const string file = "/etc/default/nova";
        var change = Unit(properties: Samples.Property("configuration", $"{file} differs from the loaded version", "current"));
        var seen = (UnitSpec)change.Spec with { StaleEnvironment = [file] };
        change = change with { Observation = new(seen.Id, seen, seen, Error: null) };

        var verdict = Judge(change, Usual with { RestartsReleased = released, IsDescribed = path => described && path == file });

        verdict.State.ShouldBe(state);
        (verdict == HealVerdict.Act).ShouldBe(state != ResourceState.Deferred);
    }

    [Fact]
    public void Failures_wait_and_are_finally_given_up()
    {
        var patient = new RetryBudget(_settings with { GiveUpAfter = 2 }, new ManualClock());
        var judge = new Policy(_settings, patient, Kinds());
        patient.Failed("module:dummy", forGood: false);
        var verdict = judge.Decide(Module(), Usual, hold: null);
        (verdict.State, verdict.Alarm).ShouldBe((ResourceState.Waiting, null));
        verdict.ShouldNotBe(HealVerdict.Act);

        patient.Failed("module:dummy", forGood: false);

        judge.Decide(Module(), Usual, hold: null).State.ShouldBe(ResourceState.GivenUp);
    }

    [Fact]
    public void Too_many_heals_count_as_flapping()
    {
        _ledger.Succeeded("module:dummy");

        var verdict = Judge(Module());

        (verdict.State, verdict.Alarm).ShouldBe((ResourceState.Waiting, AlarmKind.Flapping));
    }

    private HealVerdict Judge(PlannedChange change, HealConditions? now = null, UnitInfo? unit = null) =>
        new Policy(_settings, _ledger, Kinds(unit)).Decide(change, now ?? Usual, hold: null);

    /// <summary>The kinds of a host on which the service manager says one thing of every unit.</summary>
    private static HealKinds Kinds(UnitInfo? unit = null)
    {
        var machine = new FakeMachine();
        return new HealKinds(
            new KindRegistry()
                .Add(new ModulesKind(machine.Kernel))
                .Add(new PackagesKind(machine.Packages, machine.Clock, machine.Systemd, machine.Files))
                .Add(new UnitsThatAre(unit ?? Running))
        );
    }

    private sealed class UnitsThatAre(UnitInfo unit) : IResourceKind<UnitSpec>, IHealPolicy<UnitSpec>
    {
        public ValueTask<UnitSpec?> ObserveAsync(UnitSpec desired, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask ApplyAsync(UnitSpec desired, UnitSpec? observed, ChangeAction action, CancellationToken ct) =>
            throw new NotSupportedException();

        public HealVerdict Decide(UnitSpec desired, PlannedChange change, HealConditions now) =>
            UnitHealPolicy.Decide(desired, change, now, unit, isMaskedByUs: false);
    }

    private static PlannedChange Module() =>
        Change(
            new ModuleSpec
            {
                Id = "module:dummy",
                Name = "dummy",
                Loaded = true,
            }
        );

    private static PlannedChange Unit(string name = Name, params PropertyChange[] properties) =>
        Change(
            new UnitSpec
            {
                Id = UnitSpec.IdOf(name),
                Name = name,
                Enabled = true,
                Running = true,
            },
            properties
        );

    private static PlannedChange Change(ResourceSpec spec, params PropertyChange[] properties) =>
        new(spec, ChangeAction.Update, properties);
}
