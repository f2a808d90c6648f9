using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Units;

/// <summary>
/// Which deviations of units the daemon leaves alone or defers: units that an operator masked or disabled, that systemd is working on,
/// whose processes cannot be ended, and deferred restarts.
/// </summary>
internal static class UnitHealPolicy
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>No event reports that the host's name was changed back, or that a disk is available again.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(10);

    /// <summary>A process that exits this soon after its start is in a crash loop.</summary>
    private static readonly TimeSpan Probation = TimeSpan.FromSeconds(10);

    /// <inheritdoc cref="IHealPolicy{TSpec}.Decide"/>
    public static HealVerdict Decide(UnitSpec spec, PlannedChange change, HealConditions now, UnitInfo unit, bool isMaskedByUs)
    {
        if (!isMaskedByUs && DecidedByOperator(spec, unit) is { } decided)
            return decided;
        if (spec.Name == HealthCompiler.Unit)
            return DecideOwn(change);
        if (now.HostNameChanged)
            return new HealVerdict(
                ResourceState.LeftAlone,
                "the host's name is not the recorded one, so no unit is started or restarted; set the name back, or confirm it with "
                    + "`cloudlet apply`"
            )
            {
                Alarm = AlarmKind.HostNameChanged,
                LookAgain = Later,
            };
        if (now.IsBooting)
            return new HealVerdict(ResourceState.Waiting, "the host is booting") { LookAgain = Soon };
        if (unit.ActiveState is "activating" or "deactivating" or "reloading")
            return new HealVerdict(ResourceState.Waiting, $"systemd is working on it ({unit.ActiveState}, {unit.SubState})")
            {
                LookAgain = Soon,
            };
        return LivenessOf(change) == Liveness.Stuck ? Stuck(spec, unit) : DecideRestart(spec, change, now);
    }

    /// <inheritdoc cref="IRunsProcesses{TSpec}.ProbationOf"/>
    /// <remarks>A repeated hang shows only after hungAfter.</remarks>
    public static TimeSpan? ProbationOf(UnitSpec spec, PlannedChange change) =>
        LivenessOf(change) == Liveness.Hung ? Probation + (2 * TimeSpan.FromSeconds(spec.HungAfterSeconds ?? 0))
        : IsStart(spec, change) ? Probation
        : null;

    /// <inheritdoc cref="IRunsProcesses{TSpec}.Relapsed"/>
    public static string Relapsed(UnitSpec spec, PlannedChange change, int failures) =>
        $"it {(IsStart(spec, change) ? "ended" : "hung")} soon after each of {failures} starts in a row; see "
        + $"`journalctl -u {spec.Name}`";

    private static bool IsStart(UnitSpec spec, PlannedChange change) =>
        spec.Running == true && change.Properties.Any(p => p.Path == "running");

    private static Liveness? LivenessOf(PlannedChange change) => (change.Observation?.Actual as UnitSpec)?.Liveness;

    private static HealVerdict? DecidedByOperator(UnitSpec spec, UnitInfo unit)
    {
        if (unit.LoadState == "masked" || unit.UnitFileState is "masked" or "masked-runtime")
            return new HealVerdict(
                ResourceState.LeftAlone,
                $"an operator masked {spec.Name}; `systemctl unmask {spec.Name}` allows it again"
            )
            {
                Alarm = AlarmKind.OperatorMasked,
            };
        return spec.Enabled == true && unit.UnitFileState == "disabled"
            ? new HealVerdict(
                ResourceState.LeftAlone,
                $"an operator disabled {spec.Name}; `systemctl enable {spec.Name}` or `cloudlet apply` enables it"
            )
            {
                Alarm = AlarmKind.OperatorDisabled,
            }
            : null;
    }

    private static HealVerdict Stuck(UnitSpec spec, UnitInfo unit) =>
        new(
            ResourceState.LeftAlone,
            $"a process of {spec.Name} (main process {unit.MainPid}) waits in the kernel for a disk or a network file system and "
                + $"has not run for {spec.HungAfterSeconds} s; it cannot be killed, so a restart would wait too: check that disk (`cat "
                + "/proc/PID/stack`, `dmesg`)"
        )
        {
            Alarm = AlarmKind.ProcessStuck,
            LookAgain = Later,
        };

    private static HealVerdict DecideRestart(UnitSpec spec, PlannedChange change, HealConditions now)
    {
        if (!IsStale(change) || now.RestartsReleased)
            return HealVerdict.Act;
        if (EnvironmentOf(change) is { Count: > 0 } files && !files.Any(now.IsDescribed))
            return new HealVerdict(
                ResourceState.Deferred,
                $"{change.Properties[0].From}; {files[0]} is not described, so the daemon does not restart {spec.Name} for it; "
                    + "`cloudlet apply` or `cloudlet release --restarts` does"
            );
        return now.DefersRestarts
            ? new HealVerdict(
                ResourceState.Deferred,
                $"{change.Properties[0].From}; `cloudlet release --restarts` or `cloudlet apply` restarts it"
            )
            : HealVerdict.Act;
    }

    /// <summary>
    /// The daemon's own unit: systemd keeps it running, so the daemon only exits when it runs an outdated program or configuration, and
    /// makes systemd read a restored unit file.
    /// </summary>
    private static HealVerdict DecideOwn(PlannedChange change)
    {
        if (change.Properties.Any(p => p.Path == "definition"))
            return new HealVerdict(ResourceState.Waiting, "systemd reads the daemon's unit file again")
            {
                ReloadsManager = true,
                LookAgain = Soon,
            };
        return IsStale(change)
            ? new HealVerdict(ResourceState.Waiting, "the daemon restarts to load its present settings and program")
            {
                RestartsDaemon = true,
            }
            : new HealVerdict(ResourceState.LeftAlone, "the daemon leaves its own unit to systemd");
    }

    private static IReadOnlyList<string> EnvironmentOf(PlannedChange change) =>
        (change.Observation?.Actual as UnitSpec)?.StaleEnvironment ?? [];

    private static bool IsStale(PlannedChange change) =>
        change.Properties.Count > 0 && change.Properties.All(p => p.Path == "configuration");
}
