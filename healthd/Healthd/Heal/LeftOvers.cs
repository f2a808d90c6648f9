using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Files;
using Cloudlet.DesiredState.Programs;

namespace Cloudlet.Healthd.Heal;

/// <summary>
/// What a power cut left of writes: a temporary file goes with the next write of its file, but nobody may write that again. An apply had only begun its journal, a heal had put back what the cut itself undid.
/// </summary>
internal static class LeftOvers
{
    /// <summary>Removes them from every folder in which an apply or the daemon writes.</summary>
    /// <param name="host">The host.</param>
    /// <param name="states">What it is, or was on its way to be.</param>
    public static void Remove(HealthHost host, params IEnumerable<HostState?> states)
    {
        var described = states.SelectMany(s => s?.Resources ?? []).Select(spec => spec switch
        {
            FileSpec file => file.Path,
            ProgramSpec program => program.Path,
            _ => null,
        });
        foreach (var folder in described.Append(host.Paths.Journal).Append(host.Paths.Records).OfType<string>().Select(path => Path.GetDirectoryName(path)!).Distinct())
            host.Machine.Files.RemoveLeftOvers(folder);
    }
}
