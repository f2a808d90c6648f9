using Cloudlet.DesiredState.Units;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Units.Configuration;

/// <summary>The one judgement about a unit's configuration, of everything that can be known: the stamp of this run, else what the process itself says, else times.</summary>
/// <param name="configuration">Stamps and times.</param>
/// <param name="guru">Asks processes, or null on a host whose processes cannot be reached.</param>
internal sealed class Freshness(LoadedConfiguration configuration, GuruMeditation? guru)
{
    /// <summary>What the process has not loaded as it is now; null when there is nothing, or when nobody wants to know.</summary>
    public async ValueTask<Staleness?> JudgeAsync(UnitSpec wanted, UnitInfo unit, CancellationToken ct)
    {
        if (wanted is not { Loads: { } loads, OnChange: not OnChange.Nothing } || !UnitsKind.IsRunning(unit))
            return null;
        // That it has all that the files say does not settle it: an option that was taken out of a file is not in the comparison. Then the times do.
        if (wanted.Asks == Asks.Guru && guru is not null && !configuration.Knows(unit) && await guru.AskAsync(unit, loads, ct) is { Count: > 0 } different)
            return new Staleness([StaleFile.Of(unit.Name, different, "what its process says it runs with")]);
        return configuration.Judge(unit, loads);
    }
}
