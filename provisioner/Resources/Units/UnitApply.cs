using Cloudlet.DesiredState.Units;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;
using Cloudlet.Resources.Units.Configuration;

namespace Cloudlet.Resources.Units;

/// <summary>Brings one unit to its description.</summary>
internal sealed class UnitApply(ISystemd systemd, LoadedConfiguration configuration, Freshness freshness, IProcessSignals? signals, UnitSpec wanted, bool isHung)
{
    private bool WantsIt => wanted.Enabled == true || wanted.Running == true;

    public async Task RunAsync(CancellationToken ct)
    {
        var unit = ReadDefinition();
        if (!CanBeUsed(unit))
            return;
        Switch(unit);
        if (wanted.Running == false && unit.ActiveState is not ("inactive" or "failed"))
            await systemd.StopAsync(wanted.Name, ct);
        else if (wanted.Running == true && !UnitsKind.IsRunning(unit))
            await LoadAsync(unit, "started", systemd.StartAsync, ct);
        else if (UnitsKind.IsRunning(unit))
            await GoOnAsync(unit, ct);
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
        var unit = systemd.Get(wanted.Name);
        if (wanted.Definition is null || !(unit.NeedDaemonReload || unit.LoadState == "not-found"))
            return unit;
        systemd.DaemonReload();
        return systemd.Get(wanted.Name);
    }

    /// <summary>False for a unit that nobody can or wants to use.</summary>
    private bool CanBeUsed(UnitInfo unit)
    {
        switch (unit.LoadState)
        {
            case "not-found" when WantsIt:
                throw new CloudletException(
                    ErrorKind.NotFound, $"{wanted.Id}: unit {wanted.Name} does not exist on this host; is its package declared, and is the name right (`systemctl list-unit-files`)?");
            case "not-found":
                return false;
            case "masked" when WantsIt:
                throw new CloudletException(
                    ErrorKind.InvalidInput, $"{wanted.Id}: an operator masked {wanted.Name}, and that is left alone; if it should be used again, run `systemctl unmask {wanted.Name}`");
            case "bad-setting" or "error" when WantsIt:
                throw new CloudletException(
                    ErrorKind.InvalidInput, $"{wanted.Id}: systemd cannot read the unit file of {wanted.Name} ({unit.LoadState}); see `systemd-analyze verify {wanted.Name}`");
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
                    ErrorKind.InvalidInput, $"{wanted.Id}: {wanted.Name} has no [Install] section, so it starts only when another unit needs it; take `enabled` out, or enable that other unit");
            case (null, _) or (_, "generated" or "transient" or "indirect" or "alias") or (true, "enabled") or (false, not ("enabled" or "enabled-runtime")):
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

    private bool IsReloadEnough(UnitInfo unit, Staleness stale) => wanted.OnChange == OnChange.Reload
        ? !stale.NeedsStart
        : unit.CanReload && wanted.Mutable is { } mutable && stale.IsOnly(mutable);

    /// <summary>
    /// The start limit of systemd is against crash loops, but it counts starts that somebody asks for as well: a few changed configurations in a row, and the next start is refused. What was asked for here is tried
    /// once more with the count at zero; a unit that fails for another reason is not.
    /// </summary>
    private async Task BeyondStartLimitAsync(Func<string, CancellationToken, Task> act, CancellationToken ct)
    {
        try
        {
            await act(wanted.Name, ct);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.ProcessFailed && systemd.Get(wanted.Name).Result == "start-limit-hit")
        {
            systemd.ResetFailed(wanted.Name);
            await act(wanted.Name, ct);
        }
    }

    /// <summary>
    /// Starts the unit or makes it load its files again, if they can be loaded, and records what they held before that: proof only for a run that began, or a reload that was asked for, after they were read.
    /// </summary>
    private async Task LoadAsync(UnitInfo unit, string done, Func<string, CancellationToken, Task> act, CancellationToken ct)
    {
        if (wanted.Loads is not { Count: > 0 } loads)
        {
            await BeyondStartLimitAsync(act, ct);
            return;
        }

        Lint(unit, done, loads);
        var before = configuration.Take(loads);
        await BeyondStartLimitAsync(act, ct);
        var now = systemd.Get(wanted.Name);
        if (now.InvocationId != unit.InvocationId || done == "reloaded")
            configuration.Stamp(now, before);
    }

    /// <summary>A process that runs is worth more than a restart that ends in a syntax error, and one that starts with half a file may do harm.</summary>
    private void Lint(UnitInfo unit, string done, IReadOnlyList<string> loads)
    {
        if (configuration.Lint(wanted.Name, loads, wanted.Absent ?? []) is not { Count: > 0 } problems)
            return;
        var now = UnitsKind.IsRunning(unit) ? "its process goes on with what it has loaded" : "it stays as it is";
        throw new CloudletException(
            ErrorKind.InvalidInput,
            $"{wanted.Id}: {wanted.Name} is not {done}, because its configuration is broken: {string.Join("; ", problems)}. Mend or describe the file, and apply again; until then {now}");
    }
}
