using Cloudlet.DesiredState.Units;
using Cloudlet.Machine;
using Cloudlet.Resources.State;
using Cloudlet.Resources.Units.Configuration;

namespace Cloudlet.Resources.Units;

/// <summary>How the loaded configuration of a unit's process was judged.</summary>
/// <param name="IsStale">It has not loaded what is on disk.</param>
/// <param name="By">What tells so: <c>stamp</c>, <c>report</c> (of the process itself) or <c>times</c>.</param>
/// <param name="Files">Files that differ, with the options (SECTION.NAME) that do where that is known; no value.</param>
public sealed record FreshnessReport(bool IsStale, string By, IReadOnlyList<(string Path, IReadOnlyList<string> Options)> Files);

/// <summary>Whether processes run on what is on disk, for whoever explains. Changes nothing but what <see cref="Asks.Guru"/> does: the process writes a report, which is taken away again.</summary>
/// <param name="machine">The host.</param>
/// <param name="clock">Waits for reports.</param>
public sealed class UnitFreshness(IMachine machine, TimeProvider clock)
{
    /// <summary>Looks at a unit's process; null when it does not run.</summary>
    /// <param name="unit">The unit, what it loads, and whether it can be asked.</param>
    /// <param name="ct">Ends the look.</param>
    /// <exception cref="Errors.CloudletException">As those of reading files and of asking the service manager.</exception>
    public async Task<FreshnessReport?> LookAsync(UnitSpec unit, CancellationToken ct)
    {
        var info = machine.Systemd.Get(unit.Name);
        if (!UnitsKind.IsRunning(info))
            return null;
        var configuration = new LoadedConfiguration(machine.Files, StatePaths.Host.Units);
        var guru = machine.Signals is { } signals ? new GuruMeditation(machine.Systemd, machine.Files, signals, clock) : null;
        var isStamped = configuration.Knows(info);
        var stale = await new Freshness(configuration, guru).JudgeAsync(unit, info, ct);
        var by = isStamped ? "stamp" : stale?.Files.Any(f => f.Options is not null) == true ? "report" : "times";
        return new FreshnessReport(stale is not null, by, [.. (stale?.Files ?? []).Select(f => (f.Path, f.Options ?? []))]);
    }
}
