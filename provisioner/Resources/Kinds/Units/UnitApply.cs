using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;
using Cloudlet.Resources.Kinds.Units.Configuration;

namespace Cloudlet.Resources.Kinds.Units;

/// <summary>Brings one unit to its description.</summary>
internal sealed class UnitApply(
    ISystemd systemd,
    LoadedConfiguration configuration,
    Freshness freshness,
    IHostFiles files,
    IProcessSignals? signals,
    UnitSpec wanted,
    bool isHung
)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Explains why a unit does not run.</summary>
    public required UnitDiagnosis Diagnosis { get; init; }

    /// <summary>Source of time and delays.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>How long a process must stay up after its start; zero: the caller checks that.</summary>
    public TimeSpan Watch { get; init; }

    private bool WantsIt => wanted.Enabled == true || wanted.Running == true;

    public async Task RunAsync(CancellationToken ct)
    {
        var unit = ReadDefinition();
        if (!CanBeUsed(unit))
            return;
        Switch(unit);
        if (wanted.Running == false && unit.ActiveState is not ("inactive" or "failed"))
            await systemd.StopAsync(wanted.Name, ct);
        else if (wanted.Running == true && !unit.IsRunning())
            await StartAsync(unit, ct);
        else if (unit.IsRunning())
            await GoOnAsync(unit, ct);
    }

    /// <summary>
    /// Resets a failed unit before its start: too many failures in the past must not block it, and for units other than services systemd
    /// does not even report that reason.
    /// </summary>
    private async Task StartAsync(UnitInfo unit, CancellationToken ct)
    {
        if (unit.ActiveState == "failed")
            systemd.ResetFailed(wanted.Name);
        await LoadAsync(unit, "started", systemd.StartAsync, ct);
    }

    private async Task GoOnAsync(UnitInfo unit, CancellationToken ct)
    {
        if (isHung && wanted.Liveness == Liveness.Alive)
        {
            await LoadAsync(unit, "restarted", systemd.RestartAsync, ct);
            return;
        }

        if (wanted.Running == true)
            signals?.Continue(unit.MainPid, () => systemd.Get(wanted.Name).MainPid == unit.MainPid);
        await LoadAgainAsync(unit, ct);
    }

    private UnitInfo ReadDefinition()
    {
        if (UnitMask.IsOurs(files, wanted.Name))
            return UnitMask.Lift(systemd, files, wanted.Name, preset: wanted.Enabled is null);
        var unit = systemd.Get(wanted.Name);
        if (wanted.Definition is null || !(unit.NeedDaemonReload || unit.LoadState == "not-found"))
            return unit;
        systemd.DaemonReload();
        return systemd.Get(wanted.Name);
    }

    /// <summary>False for a unit that cannot be used or is not wanted.</summary>
    private bool CanBeUsed(UnitInfo unit)
    {
        switch (unit.LoadState)
        {
            case "not-found" when WantsIt:
                throw new CloudletException(
                    ErrorKind.NotFound,
                    $"{wanted.Id}: unit {wanted.Name} does not exist on this host; is its package declared, and is the name right "
                        + "(`systemctl list-unit-files`)?"
                );
            case "not-found":
                // Its file was removed first; the process is still known to the manager, and a stop ends it.
                return wanted.Running == false && unit.ActiveState is not ("inactive" or "failed");
            case "masked" when WantsIt:
                throw new CloudletException(ErrorKind.InvalidInput, UnitMask.Refusal(wanted, files));
            case "bad-setting" or "error" when WantsIt:
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"{wanted.Id}: systemd cannot read the unit file of {wanted.Name} ({unit.LoadState}); see `systemd-analyze "
                        + $"verify {wanted.Name}`"
                );
            default:
                return true;
        }
    }

    private void Switch(UnitInfo unit)
    {
        switch (wanted.Enabled, unit.UnitFileState)
        {
            case (true, "static"):
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"{wanted.Id}: {wanted.Name} has no [Install] section, so it starts only when another unit needs it; remove "
                        + "`enabled`, or enable that other unit"
                );
            case
            (null, _)
            or
            (_, "generated" or "transient" or "indirect" or "alias")
            or
            (true, "enabled")
            or (false, not ("enabled" or "enabled-runtime")):
                return;
            case (true, _):
                systemd.Enable(wanted.Name);
                return;
            case (false, _):
                systemd.Disable(wanted.Name);
                return;
        }
    }

    private async Task LoadAgainAsync(UnitInfo unit, CancellationToken ct)
    {
        if (wanted.Configuration != UnitSpec.Current || await freshness.JudgeAsync(wanted, unit, ct) is not { } stale)
            return;
        if (IsReloadEnough(unit, stale))
            await LoadAsync(unit, "reloaded", systemd.ReloadAsync, ct);
        else
            await LoadAsync(unit, "restarted", systemd.RestartAsync, ct);
    }

    private bool IsReloadEnough(UnitInfo unit, Staleness stale) =>
        wanted.OnChange == OnChange.Reload ? !stale.NeedsStart : unit.CanReload && wanted.Mutable is { } mutable && stale.IsOnly(mutable);

    /// <summary>
    /// systemd refuses to start a unit while one that it needs is masked. If that mask is ours, the description gives no order between the
    /// two, so the other unit starts with this one, as without a mask.
    /// </summary>
    private async Task WithNeededAsync(Func<string, CancellationToken, Task> act, CancellationToken ct)
    {
        try
        {
            await BeyondStartLimitAsync(act, ct);
        }
        catch (CloudletException) when (MaskedNeeds() is { Count: > 0 })
        {
            // What a masked unit needs is known when its mask is lifted.
            while (MaskedNeeds() is { Count: > 0 } needs)
                foreach (var unit in needs)
                    UnitMask.Lift(systemd, files, unit, preset: true);
            await BeyondStartLimitAsync(act, ct);
        }
    }

    /// <summary>The units that we masked among all that the unit needs, directly or through others.</summary>
    private List<string> MaskedNeeds()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { wanted.Name };
        var left = new Queue<string>(seen);
        while (left.TryDequeue(out var unit))
            foreach (var need in systemd.NeedsOf(unit).Where(seen.Add))
                left.Enqueue(need);
        return [.. seen.Where(unit => UnitMask.IsOurs(files, unit))];
    }

    /// <summary>
    /// systemd's start limit protects against crash loops, but it counts requested starts as well: after a few configuration changes in a
    /// row, the next start is refused. A start that we requested is retried once with a reset count; a unit that fails for another
    /// reason is not retried.
    /// </summary>
    private async Task BeyondStartLimitAsync(Func<string, CancellationToken, Task> act, CancellationToken ct)
    {
        try
        {
            await WithinLimitAsync(act, ct);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.ProcessFailed && systemd.Get(wanted.Name).Result == "start-limit-hit")
        {
            systemd.ResetFailed(wanted.Name);
            await WithinLimitAsync(act, ct);
        }
    }

    /// <summary>
    /// Waits for the job no longer than described, and explains a failure. A start that hangs is not a temporary error, so unlike other
    /// timeouts it is not retried.
    /// </summary>
    private async Task WithinLimitAsync(Func<string, CancellationToken, Task> act, CancellationToken ct)
    {
        var seconds = wanted.StartTimeoutSeconds ?? UnitSpec.UsualStart;
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(seconds)); // real time, as systemd's own
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, time.Token);
        try
        {
            await act(wanted.Name, limit.Token);
        }
        catch (Exception e)
            when (!ct.IsCancellationRequested
                && (e is CloudletException { Kind: ErrorKind.Timeout } || (e is OperationCanceledException && time.IsCancellationRequested))
            )
        {
            var now = systemd.Get(wanted.Name);
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"{wanted.Name} did not start within {seconds} s: it is {now.ActiveState} ({now.SubState}), and systemd still works "
                    + $"on it.{await Diagnosis.OfAsync(wanted, now, ct)} "
                    + $"If it needs longer, raise `startTimeout`; else see `systemctl status {wanted.Name}`",
                e
            );
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.ProcessFailed)
        {
            throw new CloudletException(e.Kind, $"{e.Message}.{await Diagnosis.OfAsync(wanted, systemd.Get(wanted.Name), ct)}", e);
        }
    }

    /// <summary>A finished job does not prove that the unit runs, so check that it stays up.</summary>
    private async Task StaysAsync(CancellationToken ct)
    {
        if (Watch == TimeSpan.Zero)
            return;
        var since = Clock.GetTimestamp();
        while (true)
        {
            var now = systemd.Get(wanted.Name);
            if (now is { ActiveState: "inactive" or "failed" or "deactivating" } or { SubState: "auto-restart" })
                throw new CloudletException(
                    ErrorKind.ProcessFailed,
                    $"{wanted.Name} was started and does not run: it is {now.ActiveState} "
                        + $"({now.SubState}).{await Diagnosis.OfAsync(wanted, now, ct)}"
                );
            if (Clock.GetElapsedTime(since) >= Watch)
                return;
            await Task.Delay(Pause, Clock, ct);
        }
    }

    /// <summary>
    /// Starts the unit or makes it load its files again, if they can be loaded, and records their earlier contents. The record is valid
    /// only for a run that began, or a reload that was requested, after they were read.
    /// </summary>
    private async Task LoadAsync(UnitInfo unit, string done, Func<string, CancellationToken, Task> act, CancellationToken ct)
    {
        var loads = Freshness.LoadsOf(wanted, unit);
        if (loads.Count == 0)
        {
            await WithNeededAsync(act, ct);
            await StaysAsync(ct);
            return;
        }

        if (wanted.Loads is { Count: > 0 } described)
            Lint(unit, done, described);
        var before = configuration.Take(loads);
        await WithNeededAsync(act, ct);
        await StaysAsync(ct);
        var now = systemd.Get(wanted.Name);
        if (now.InvocationId != unit.InvocationId || done == "reloaded")
            configuration.Stamp(now, before);
    }

    /// <summary>
    /// A running process is better than a restart that fails with a syntax error, and a process that starts with half a file may do harm.
    /// </summary>
    private void Lint(UnitInfo unit, string done, IReadOnlyList<string> loads)
    {
        if (configuration.Lint(wanted.Name, loads, wanted.Absent ?? []) is not { Count: > 0 } problems)
            return;
        var now = unit.IsRunning() ? "its process keeps what it has loaded" : "it stays as it is";
        throw new CloudletException(
            ErrorKind.InvalidInput,
            $"{wanted.Id}: {wanted.Name} is not {done}, because its configuration is broken: {string.Join("; ", problems)}. Fix or "
                + $"describe the file, and apply again; until then {now}"
        );
    }
}
