using System.Collections.Concurrent;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;
using Cloudlet.Resources.Kinds.Units.Configuration;

namespace Cloudlet.Resources.Kinds.Units;

/// <summary>
/// systemd units: enabled at boot, running now, unit files read by the manager, and configuration loaded by the process. A unit that an
/// operator masked stays masked; one that we masked while its package was installed is neither enabled nor running, and an apply lifts the
/// mask.
/// </summary>
/// <remarks>
/// How UnitFileState is mapped: <c>enabled</c> is enabled; <c>enabled-runtime</c> is not, it ends with this boot; <c>static</c> is not, it
/// has no [Install] section and cannot be enabled; <c>generated</c>, <c>transient</c>, <c>indirect</c> and <c>alias</c> count as
/// described, because they are not decided here; all others are not enabled.
/// </remarks>
/// <param name="systemd">The service manager.</param>
/// <param name="files">The host's files.</param>
/// <param name="stampFolder">Folder for records of what processes have loaded; lost at a reboot.</param>
/// <param name="clock">Waits for units that are starting.</param>
/// <param name="signals">Signals processes of units that can report their configuration; null where that is not possible.</param>
/// <param name="patience">How long an observation waits for a starting unit; null: 5 s. Zero for the daemon, which gets an event when
/// it has started, and for which the unit may be waiting.</param>
/// <param name="activity">Remembers the progress of processes, for the daemon; null: hangs are not detected.</param>
/// <param name="log">Reads the last log lines of a unit, for messages; null: messages have none.</param>
public sealed class UnitsKind(
    ISystemd systemd,
    IHostFiles files,
    string stampFolder,
    TimeProvider clock,
    IProcessSignals? signals = null,
    TimeSpan? patience = null,
    UnitActivity? activity = null,
    UnitLog? log = null
)
    : IResourceKind<UnitSpec>,
        IShowsProgress<UnitSpec>,
        ICanRemove<UnitSpec>,
        ICaptures<UnitSpec>,
        ITriggered<UnitSpec>,
        IRecordsConverged<UnitSpec>,
        IGivesBack<UnitSpec>,
        IKnowsDefaults<UnitSpec>,
        IPreflight<UnitSpec>,
        IExplains<UnitSpec>,
        IHealPolicy<UnitSpec>,
        IHealFailures,
        IHealTraits,
        IRunsProcesses<UnitSpec>
{
    private const string UnitFolder = "/etc/systemd/system";

    private static readonly HashSet<string> NetworkServices =
    [
        "systemd-networkd.service",
        "networking.service",
        "NetworkManager.service",
        "systemd-resolved.service",
    ];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstWatch = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<string, bool> _started = new();
    private readonly TimeSpan _longestStart = patience ?? LongestStart;
    private readonly LoadedConfiguration _configuration = new(files, stampFolder);
    private readonly GuruMeditation? _guru = signals is null ? null : new GuruMeditation(systemd, files, signals, clock);

    private Freshness Freshness => new(_configuration, _guru);

    /// <inheritdoc/>
    public async ValueTask<UnitSpec?> ObserveAsync(UnitSpec desired, CancellationToken ct)
    {
        var unit = await SettledAsync(desired, ct);
        var isRunning = unit.IsRunning();
        var stale = await Freshness.JudgeAsync(desired, unit, ct);
        var seen = desired with
        {
            Enabled = IsEnabled(unit, desired),
            Running = isRunning && !(desired.Running == true && IsStopped(unit)),
            Liveness = isRunning && activity is not null ? activity.Look(desired, unit.MainPid) : desired.Liveness,
            Definition =
                unit.LoadState == "masked" && UnitMask.IsOurs(files, desired.Name) ? UnitMask.Reason
                : unit.NeedDaemonReload ? "files on disk changed after the manager read them"
                : UnitSpec.Current,
            Configuration = stale?.Reason ?? UnitSpec.Current,
            StaleEnvironment = stale?.OnlyEnvironment(desired.Loads),
        };
        return unit.ActiveState != "activating" && IsAbsent(desired, seen) ? null : seen;
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(UnitSpec desired, UnitSpec? observed, ChangeAction action, CancellationToken ct) =>
        await new UnitApply(systemd, _configuration, Freshness, files, signals, desired, observed?.Liveness == Liveness.Hung)
        {
            Diagnosis = new UnitDiagnosis(systemd, log),
            Clock = clock,
            Watch = WatchOf(desired),
        }.RunAsync(ct);

    /// <inheritdoc/>
    public string? Doing(UnitSpec changing)
    {
        var unit = systemd.Get(changing.Name);
        return $"systemd works on {changing.Name} ({unit.ActiveState}, {unit.SubState}); it is waited for up to "
            + $"{changing.StartTimeoutSeconds ?? UnitSpec.UsualStart} s";
    }

    /// <summary>
    /// How long a process must stay up after its start: the job of a simple service is done before its process has done anything. A
    /// process that already exited once is watched longer; the daemon has its own probation.
    /// </summary>
    private TimeSpan WatchOf(UnitSpec desired)
    {
        if (_longestStart == TimeSpan.Zero)
            return TimeSpan.Zero;
        return _started.TryAdd(desired.Name, true) ? FirstWatch : _longestStart;
    }

    /// <summary>
    /// Records what the process of a unit has loaded, when we did not start it and its files are older than it. Call it after an
    /// observation; from then on neither a clock change nor an old modification time hides an edit. Throws the errors of reading the
    /// files and of querying the service manager.
    /// </summary>
    public void RecordConverged(UnitSpec desired)
    {
        if (desired.OnChange == OnChange.Nothing)
            return;
        var unit = systemd.Get(desired.Name);
        if (unit.IsRunning() && Freshness.PresentLoadsOf(desired, unit) is { Count: > 0 } loads)
            _configuration.RecordLoaded(unit, loads, () => systemd.Get(desired.Name));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CheckAsync(UnitSpec desired, UnitSpec? observed, Plan plan, CancellationToken ct) =>
        new([.. new UnitPreflight(plan, files).ReasonsAgainst(desired, systemd.Get(desired.Name))]);

    /// <inheritdoc/>
    public async ValueTask<string?> WhyAsync(UnitSpec desired, UnitSpec? observed, CancellationToken ct) =>
        desired.Running == true && observed?.Running != true ? await new UnitDiagnosis(systemd, log).WhyAsync(desired, ct) : null;

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(UnitSpec spec) =>
        [
            new Trigger(TriggerKind.Unit, spec.Name),
            .. (spec.Loads ?? []).Union(OwnFiles(spec)).Union(EnvironmentFiles(spec)).Select(path => new Trigger(TriggerKind.Path, path)),
        ];

    /// <summary>Files where an administrator changes a unit; changes by a package are seen when the manager reads them.</summary>
    private static IEnumerable<string> OwnFiles(UnitSpec spec) =>
        spec is { Configuration: UnitSpec.Current, OnChange: not OnChange.Nothing }
            ? [$"{UnitFolder}/{spec.Name}", $"{UnitFolder}/{spec.Name}.d"]
            : [];

    private IEnumerable<string> EnvironmentFiles(UnitSpec spec)
    {
        if (spec is not { Configuration: UnitSpec.Current, OnChange: not OnChange.Nothing })
            return [];
        try
        {
            return systemd.Get(spec.Name).EnvironmentFiles.Select(static f => f.Path);
        }
        catch (CloudletException)
        {
            // The manager does not answer yet: the full check reads these files, too.
            return [];
        }
    }

    /// <summary>Only a unit whose own file we wrote, and that we started or enabled.</summary>
    public bool CanRemove(UnitSpec spec) => IsOurs(spec) && (spec.Enabled == true || spec.Running == true);

    /// <inheritdoc/>
    public string KeptBecause(UnitSpec spec) =>
        IsOurs(spec) ? "it was not described as running or enabled, so there is nothing to undo" : "its unit file is not ours";

    /// <summary>Whatever others did to the unit since, its file and the changes we made to it are ours.</summary>
    public bool IsOurs(UnitSpec applied, UnitSpec observed) => true;

    /// <summary>By default, a unit that has only its file is neither running nor enabled.</summary>
    public UnitSpec Undescribed(UnitSpec spec) => spec with { Enabled = false, Running = false };

    /// <inheritdoc/>
    public bool StopsUsing(UnitSpec goal) => goal is { Running: false, Enabled: not true };

    /// <summary>
    /// Properties that were changed since are left, and a masked or missing unit is left alone. The service that runs the network is not
    /// stopped: the host's connection may depend on it by now.
    /// </summary>
    public UnitSpec GiveBack(UnitSpec before, UnitSpec applied, UnitSpec observed)
    {
        if (UnitMask.IsOurs(files, before.Name))
            return before with { Configuration = null, Liveness = null };
        if (systemd.Get(before.Name) is { LoadState: not "loaded" } unit)
        {
            // A process whose unit file is already removed can still be stopped.
            bool? stopped =
                unit.LoadState == "not-found" && before.Running == false && applied.Running == true && unit.IsRunning() ? false : null;
            return before with { Enabled = null, Running = stopped, Definition = null, Configuration = null, Liveness = null };
        }

        var running = applied.Running is not null && applied.Running == observed.Running ? before.Running : null;
        return before with
        {
            Enabled = applied.Enabled is not null && applied.Enabled == observed.Enabled ? before.Enabled : null,
            Running = running == false && NetworkServices.Contains(before.Name) ? null : running,
            Configuration = applied.Configuration is null ? null : before.Configuration,
            Liveness = null,
        };
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(UnitSpec spec, CancellationToken ct)
    {
        var unit = systemd.Get(spec.Name);
        // A starting unit is observed as neither running nor enabled, but it has to be stopped, too.
        if (!IsOurs(spec) || unit.LoadState == "masked")
            return;
        if (unit.ActiveState is not ("inactive" or "failed"))
            await systemd.StopAsync(spec.Name, ct);
        if (unit.UnitFileState is "enabled" or "enabled-runtime")
            systemd.Disable(spec.Name);
        _configuration.Forget(spec.Name);
    }

    /// <summary>
    /// As observed; earlier problems of its files are not restored. Files that are missing now may be missing again
    /// after a rollback.
    /// </summary>
    public ValueTask<UnitSpec?> CaptureAsync(UnitSpec observed, CancellationToken ct)
    {
        string[] absent = [.. (observed.Loads ?? []).Where(path => files.Stat(path) is null)];
        return new(
            observed with
            {
                Definition = UnitSpec.Current,
                Configuration = UnitSpec.Current,
                StaleEnvironment = null,
                Liveness = observed.Liveness is null ? null : Liveness.Alive,
                Absent = absent.Length > 0 ? absent : null,
            }
        );
    }

    /// <inheritdoc/>
    public HealTraits Traits { get; } =
        new()
        {
            WaitsForBoot = true,
            IsCostly = true,
            NeedsDependencies = true,
            WaitsForWriters = true,
        };

    /// <inheritdoc/>
    public HealVerdict Decide(UnitSpec desired, PlannedChange change, HealConditions now) =>
        UnitHealPolicy.Decide(desired, change, now, systemd.Get(desired.Name), UnitMask.IsOurs(files, desired.Name));

    /// <inheritdoc/>
    public HealFailure? MeaningOf(ErrorKind error) =>
        error == ErrorKind.InvalidInput ? new HealFailure(IsFinal: true, AlarmKind.ConfigurationBroken) : null;

    /// <inheritdoc/>
    public TimeSpan? ProbationOf(UnitSpec desired, PlannedChange change) => UnitHealPolicy.ProbationOf(desired, change);

    /// <inheritdoc/>
    public string Relapsed(UnitSpec desired, PlannedChange change, int failures) => UnitHealPolicy.Relapsed(desired, change, failures);

    /// <inheritdoc/>
    public WatchedProcess? ProcessOf(UnitSpec spec) =>
        spec.Running == true && systemd.Get(spec.Name).MainPid is > 0 and var pid ? new WatchedProcess(spec, spec.Name, pid) : null;

    /// <inheritdoc/>
    public string? StallOf(UnitSpec spec, WatchedProcess process) =>
        signals?.IsStopped(process.Pid) == true ? "a stopped process"
        : activity?.IsDue(spec) == true && activity.Look(spec, process.Pid) != Liveness.Alive
            ? $"a process that has not run for {spec.HungAfterSeconds} s"
        : null;

    /// <inheritdoc/>
    public void Forget(IReadOnlyCollection<WatchedProcess> watched) => activity?.Forget(name => watched.Any(p => p.Name == name));

    /// <summary>The service manager reports a process that is stopped by a signal as active; it is not.</summary>
    private bool IsStopped(UnitInfo unit) => signals?.IsStopped(unit.MainPid) == true;

    private static bool? IsEnabled(UnitInfo unit, UnitSpec desired) =>
        unit.UnitFileState switch
        {
            "enabled" => true,
            "generated" or "transient" or "indirect" or "alias" => desired.Enabled ?? false,
            _ => false,
        };

    /// <summary>If we write the unit's own file, the compiler lists it in the files that it loads.</summary>
    private static bool IsOurs(UnitSpec spec) =>
        spec.Definition == UnitSpec.Current && spec.Loads?.Contains($"{UnitFolder}/{spec.Name}") == true;

    /// <summary>
    /// A unit of ours that is not running, starting or enabled counts as absent if its file is missing and the description requires
    /// more than that. Any other missing unit counts as not running: if it is described as stopped, nothing has to
    /// be done.
    /// </summary>
    private bool IsAbsent(UnitSpec desired, UnitSpec seen) =>
        IsOurs(desired)
        && seen is { Running: false, Enabled: false }
        && (desired.Running == true || desired.Enabled == true || files.Stat($"{UnitFolder}/{desired.Name}") is null);

    /// <summary>Waits a limited time for a starting unit, but not for a unit that systemd restarts repeatedly.</summary>
    private async Task<UnitInfo> SettledAsync(UnitSpec desired, CancellationToken ct)
    {
        var begun = clock.GetTimestamp();
        while (true)
        {
            var unit = systemd.Get(desired.Name);
            if (
                desired.Running != true
                || unit is not { ActiveState: "activating", SubState: not "auto-restart" }
                || clock.GetElapsedTime(begun) >= _longestStart
            )
                return unit;
            await Task.Delay(Pause, clock, ct);
        }
    }
}
