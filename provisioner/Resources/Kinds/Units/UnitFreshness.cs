using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Machine;
using Cloudlet.Resources.Kinds.Units.Configuration;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.Units;

/// <summary>Whether a unit's process has loaded its configuration.</summary>
/// <param name="IsStale">It has not loaded the files on disk.</param>
/// <param name="By">The evidence: <c>stamp</c>, <c>report</c> (of the process itself) or <c>times</c>.</param>
/// <param name="Files">Files that differ, with the options (SECTION.NAME) that differ where known; no values.</param>
public sealed record FreshnessReport(bool IsStale, string By, IReadOnlyList<(string Path, IReadOnlyList<string> Options)> Files);

/// <summary>
/// Checks whether processes have loaded the files on disk, for diagnosis. The only side effect is that of <see cref="Asks.Guru"/>: the
/// process writes a report, which is deleted again.
/// </summary>
/// <param name="machine">The host.</param>
/// <param name="clock">Waits for reports.</param>
public sealed class UnitFreshness(IMachine machine, TimeProvider clock)
{
    /// <summary>Checks a unit's process; null when it does not run.</summary>
    /// <param name="unit">The unit, the files it loads, and whether its process can be asked.</param>
    /// <param name="ct">Cancels the check.</param>
    /// <exception cref="Errors.CloudletException">Same as reading files and querying the service manager.</exception>
    public async Task<FreshnessReport?> LookAsync(UnitSpec unit, CancellationToken ct)
    {
        var info = machine.Systemd.Get(unit.Name);
        if (!info.IsRunning())
            return null;
        var configuration = new LoadedConfiguration(machine.Files, StatePaths.Host.Units);
        var guru = machine.Signals is { } signals ? new GuruMeditation(machine.Systemd, machine.Files, signals, clock) : null;
        var isStamped = configuration.Knows(info);
        var stale = await new Freshness(configuration, guru).JudgeAsync(unit, info, ct);
        var by =
            isStamped ? "stamp"
            : stale?.Files.Any(f => f.Options is not null) == true ? "report"
            : "times";
        return new FreshnessReport(stale is not null, by, [.. (stale?.Files ?? []).Select(f => (f.Path, f.Options ?? []))]);
    }
}
