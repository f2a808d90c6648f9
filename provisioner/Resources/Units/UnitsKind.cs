using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState.Units;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;
using Cloudlet.Resources.Units.Configuration;

namespace Cloudlet.Resources.Units;

/// <summary>
/// Units of systemd: at boot, running now, unit files read by the manager, and configuration loaded by the process. A unit that an operator masked stays masked.
/// </summary>
/// <remarks>
/// What UnitFileState counts as: <c>enabled</c> at boot; <c>enabled-runtime</c> not, it ends with this boot; <c>static</c> not, it has no [Install] section and cannot be switched;
/// <c>generated</c>, <c>transient</c>, <c>indirect</c> and <c>alias</c> as wanted, because somebody else decides about those; everything else not.
/// </remarks>
/// <param name="systemd">The service systemd.</param>
/// <param name="files">The host's files.</param>
/// <param name="stampFolder">Where it is recorded what processes have loaded; lost at a reboot.</param>
/// <param name="clock">Waits for units that are starting.</param>
/// <param name="signals">Reaches the processes of units that can say what they have loaded; null where that is not possible.</param>
/// <param name="patience">How long a look waits for a unit that is starting; null: 5 s. Zero for whoever is told when it has started, and for whom it may be waiting.</param>
/// <param name="activity">Remembers how far processes have come, for whoever looks again and again; null: no process is found to hang.</param>
public sealed class UnitsKind(ISystemd systemd, IHostFiles files, string stampFolder, TimeProvider clock, IProcessSignals? signals = null, TimeSpan? patience = null, UnitActivity? activity = null)
    : IResourceKind<UnitSpec>, IRemovable<UnitSpec>, ICaptures<UnitSpec>, IWoken<UnitSpec>, IAdopts<UnitSpec>
{
    private const string UnitFolder = "/etc/systemd/system";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(5);

    private readonly TimeSpan longestStart = patience ?? LongestStart;
    private readonly LoadedConfiguration configuration = new(files, stampFolder);
    private readonly GuruMeditation? guru = signals is null ? null : new GuruMeditation(systemd, files, signals, clock);

    private Freshness Freshness => new(configuration, guru);

    /// <inheritdoc/>
    public async ValueTask<UnitSpec?> ObserveAsync(UnitSpec desired, CancellationToken ct)
    {
        var unit = await SettledAsync(desired, ct);
        var isRunning = IsRunning(unit);
        var seen = desired with
        {
            Enabled = IsEnabled(unit, desired),
            Running = isRunning && !(desired.Running == true && IsStopped(unit)),
            Liveness = isRunning && activity is not null ? activity.Look(desired, unit.MainPid) : desired.Liveness,
            Definition = unit.NeedDaemonReload ? "files on disk changed after the manager read them" : UnitSpec.Current,
            Configuration = await Freshness.JudgeAsync(desired, unit, ct) is { } stale ? stale.Reason : UnitSpec.Current,
        };
        return unit.ActiveState != "activating" && IsAbsent(desired, seen) ? null : seen;
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(UnitSpec desired, UnitSpec? observed, CancellationToken ct) =>
        await new UnitApply(systemd, configuration, Freshness, signals, desired, observed?.Liveness == Liveness.Hung).RunAsync(ct);

    /// <summary>
    /// Records what the process of a unit has loaded, when nobody of us started it and its files are older than it. To be called after a look; from then on neither a step of the clock nor an old modification time hides an edit.
    /// Errors: as those of reading the files and of asking the service manager.
    /// </summary>
    public void Adopt(UnitSpec desired)
    {
        if (desired is { Loads: { } loads, OnChange: not OnChange.Nothing } && systemd.Get(desired.Name) is var unit && IsRunning(unit))
            configuration.Adopt(unit, loads, () => systemd.Get(desired.Name));
    }

    /// <inheritdoc/>
    public IEnumerable<Wake> WokenBy(UnitSpec spec) => [new Wake(WakeKind.Unit, spec.Name), .. (spec.Loads ?? []).Select(path => new Wake(WakeKind.Path, path))];

    /// <summary>Only a unit whose own file we wrote, and that we made run or start at boot.</summary>
    public bool CanRemove(UnitSpec spec) => IsOurs(spec) && (spec.Enabled == true || spec.Running == true);

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(UnitSpec spec, CancellationToken ct)
    {
        var unit = systemd.Get(spec.Name);
        // As observed, a unit that is still starting neither runs nor starts at boot: it has to be stopped all the same.
        if (!IsOurs(spec) || unit.LoadState == "masked")
            return;
        if (unit.ActiveState is not ("inactive" or "failed"))
            await systemd.StopAsync(spec.Name, ct);
        if (unit.UnitFileState is "enabled" or "enabled-runtime")
            systemd.Disable(spec.Name);
        configuration.Forget(spec.Name);
    }

    /// <summary>As observed; whatever was wrong with its files before is not worth bringing back. Files that are not there now may be missing again after going back.</summary>
    public ValueTask<UnitSpec?> CaptureAsync(UnitSpec observed, CancellationToken ct)
    {
        string[] absent = [.. (observed.Loads ?? []).Where(path => files.Stat(path) is null)];
        return new(observed with { Definition = UnitSpec.Current, Configuration = UnitSpec.Current, Liveness = observed.Liveness is null ? null : Liveness.Alive, Absent = absent.Length > 0 ? absent : null });
    }

    internal static bool IsRunning(UnitInfo unit) => unit.ActiveState is "active" or "reloading" or "refreshing";

    /// <summary>A process that a signal has stopped is active to the service manager, and to nobody else.</summary>
    private bool IsStopped(UnitInfo unit) => signals?.IsStopped(unit.MainPid) == true;

    private static bool? IsEnabled(UnitInfo unit, UnitSpec desired) => unit.UnitFileState switch
    {
        "enabled" => true,
        "generated" or "transient" or "indirect" or "alias" => desired.Enabled ?? false,
        _ => false,
    };

    /// <summary>The compiler lists the unit's own file, if we write one, among those that it loads.</summary>
    private static bool IsOurs(UnitSpec spec) => spec.Definition == UnitSpec.Current && spec.Loads?.Contains($"{UnitFolder}/{spec.Name}") == true;

    /// <summary>
    /// A unit of ours that neither runs, nor is starting, nor starts at boot counts as absent while its file is not there, and to somebody who wants more of it than that. Any other unit that does not exist is one
    /// that does not run: who wants it stopped has what they want.
    /// </summary>
    private bool IsAbsent(UnitSpec desired, UnitSpec seen) =>
        IsOurs(desired)
        && seen is { Running: false, Enabled: false }
        && (desired.Running == true || desired.Enabled == true || files.Stat($"{UnitFolder}/{desired.Name}") is null);

    /// <summary>A unit that is starting gets a bounded time to end that; one that systemd restarts again and again does not.</summary>
    private async Task<UnitInfo> SettledAsync(UnitSpec desired, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var unit = systemd.Get(desired.Name);
            if (desired.Running != true || unit is not { ActiveState: "activating", SubState: not "auto-restart" } || clock.GetElapsedTime(started) >= longestStart)
                return unit;
            await Task.Delay(Pause, clock, ct);
        }
    }
}
