using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.Healthd.Hosting;

namespace Cloudlet.Healthd.Heal;

/// <summary>
/// Removes temporary files that a power failure left. The next write of a file would remove its own, but there may be none: the apply had
/// only begun its journal, or the failure itself undid the change that a heal was repairing.
/// </summary>
internal static class StaleTempFiles
{
    /// <summary>Removes them from every folder that an apply or the daemon writes to.</summary>
    /// <param name="host">The host.</param>
    /// <param name="kinds">Tell which files belong to a resource.</param>
    /// <param name="states">The applied state, and the state that an unfinished run was applying.</param>
    public static void Remove(HealthHost host, HealKinds kinds, params IEnumerable<HostState?> states)
    {
        var described = states.OfType<HostState>().SelectMany(kinds.PathsOf);
        foreach (
            var folder in described
                .Append(host.Paths.Journal)
                .Append(host.Paths.Records)
                .Select(path => Path.GetDirectoryName(path)!)
                .Distinct()
        )
            host.Machine.Files.RemoveLeftOvers(folder);
    }
}
