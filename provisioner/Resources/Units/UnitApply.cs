using Cloudlet.DesiredState.Units;
using Cloudlet.Errors;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Units;

/// <summary>Brings one unit to its description.</summary>
internal sealed class UnitApply(ISystemd systemd, LoadedConfiguration configuration, UnitSpec wanted)
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
            await LoadAsync(systemd.StartAsync, ct);
        else if (UnitsKind.IsRunning(unit))
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
        if (wanted is not { Configuration: UnitSpec.Current, Loads: { } loads } || wanted.OnChange == OnChange.Nothing)
            return;
        if (configuration.Judge(unit, loads) is { } stale)
            await LoadAsync(wanted.OnChange == OnChange.Reload && !stale.NeedsStart ? systemd.ReloadAsync : systemd.RestartAsync, ct);
    }

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

    /// <summary>Starts the unit or makes it load its files again, and records what they held before that.</summary>
    private async Task LoadAsync(Func<string, CancellationToken, Task> act, CancellationToken ct)
    {
        var digests = wanted.Loads is { Count: > 0 } loads ? configuration.Digests(loads) : null;
        await BeyondStartLimitAsync(act, ct);
        if (digests is not null)
            configuration.Stamp(systemd.Get(wanted.Name), digests);
    }
}
