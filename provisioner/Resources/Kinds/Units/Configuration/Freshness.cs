using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>
/// Decides whether a unit's process has loaded its configuration, from the best evidence: the stamp of this run, otherwise the process's
/// own report, otherwise times.
/// </summary>
/// <param name="configuration">Stamps and times.</param>
/// <param name="guru">Requests reports from processes, or null on a host whose processes cannot be reached.</param>
internal sealed class Freshness(LoadedConfiguration configuration, GuruMeditation? guru)
{
    /// <summary>
    /// The files that the unit's process depends on: the described ones, and the unit file, drop-ins and environment files that the manager
    /// reads, described or not. For units without their own process, only the described files: a socket cannot be restarted while its
    /// service uses it, and restarting a mount would unmount it.
    /// </summary>
    public static IReadOnlyList<string> LoadsOf(UnitSpec wanted, UnitInfo unit) =>
        wanted.Configuration == UnitSpec.Current
        && (unit.Name.EndsWith(".service", StringComparison.Ordinal) || unit.Name.EndsWith(".timer", StringComparison.Ordinal))
            ? [.. (wanted.Loads ?? []).Union(unit.Fragments).Union(unit.EnvironmentFiles.Select(static f => f.Path))]
            : wanted.Loads ?? [];

    /// <summary>
    /// The same without missing environment files. Only a stamp can prove that one was loaded: changes in its folder (/etc/default
    /// changes with every package) prove nothing about it.
    /// </summary>
    public IReadOnlyList<string> PresentLoadsOf(UnitSpec wanted, UnitInfo unit) =>
        [
            .. LoadsOf(wanted, unit)
                .Where(path =>
                    wanted.Loads?.Contains(path) == true || configuration.IsThere(path) || !unit.EnvironmentFiles.Any(f => f.Path == path)
                ),
        ];

    /// <summary>The changes that the process has not loaded; null when there are none, or when the description does not ask.</summary>
    public async ValueTask<Staleness?> JudgeAsync(UnitSpec wanted, UnitInfo unit, CancellationToken ct)
    {
        var loads = configuration.Knows(unit) ? LoadsOf(wanted, unit) : PresentLoadsOf(wanted, unit);
        if (loads.Count == 0 || wanted.OnChange == OnChange.Nothing || !unit.IsRunning())
            return null;
        // A report that matches the files is not conclusive: an option that was removed from a file is not compared. Then the times
        // decide.
        if (
            wanted.Asks == Asks.Guru
            && guru is not null
            && !configuration.Knows(unit)
            && await guru.AskAsync(unit, wanted.Loads ?? [], ct) is { Count: > 0 } different
        )
            return new Staleness([StaleFile.Of(unit.Name, different, "the configuration that its process reports")]);
        return configuration.Judge(unit, loads) is { } stale ? WithEnvironment(stale, unit) : null;
    }

    /// <summary>
    /// Marks environment files. If the service cannot start without one, it is not restarted while that file is
    /// missing.
    /// </summary>
    private Staleness? WithEnvironment(Staleness stale, UnitInfo unit)
    {
        var files = new List<StaleFile>();
        foreach (var file in stale.Files)
        {
            var named = unit.EnvironmentFiles.FirstOrDefault(f => f.Path == file.Path);
            if (named is null || named.IsOptional || configuration.IsThere(file.Path))
                files.Add(file with { IsEnvironment = named is not null });
        }

        return files.Count > 0 ? new Staleness(files) : null;
    }
}
