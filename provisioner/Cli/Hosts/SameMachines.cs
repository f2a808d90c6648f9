using System.Collections.Concurrent;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Hosts;

/// <summary>Detects that two hosts of a site are the same machine, before any request is sent.</summary>
internal static class SameMachines
{
    /// <summary>
    /// The hosts that no request may be sent to, because they are the same machine or do not answer. Empty when there are none.
    /// </summary>
    /// <param name="targets">The hosts.</param>
    /// <param name="ask">Sends a request to a host, and returns the deciding event.</param>
    public static async Task<IReadOnlyDictionary<string, Refused>> FindAsync(
        IReadOnlyList<Target> targets,
        Func<Target, Action<Identified>, Task<Refused?>> ask
    )
    {
        var identities = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var refusals = new Dictionary<string, Refused>(StringComparer.Ordinal);
        var answers = await Task.WhenAll(targets.Select(t => ask(t, e => identities[t.Name] = e.Identity)));
        foreach (var (target, refused) in targets.Zip(answers))
            if (refused is not null)
                refusals[target.Name] = refused;
        var same = identities
            .GroupBy(static i => i.Value, static i => i.Key, StringComparer.Ordinal)
            .Where(static g => g.Count() > 1)
            .Select(static g => g.Order(StringComparer.Ordinal).ToList())
            .ToList();
        foreach (var names in same)
        foreach (var name in names)
            refusals[name] = new Refused(
                ErrorKind.InvalidInput,
                $"{string.Join(" and ", names.Select(n => $"{n} ({ReachOf(n)})"))} are one machine; nothing was changed. Describe it "
                    + "once: two descriptions undo each other"
            );
        if (same.Count > 0)
            foreach (var target in targets.Where(t => !refusals.ContainsKey(t.Name)))
                refusals[target.Name] = new Refused(
                    ErrorKind.InvalidInput,
                    $"nothing was changed, because {string.Join(" and ", same[0])} are one machine"
                );
        return refusals;

        string ReachOf(string name) => targets.First(t => t.Name == name).Reach;
    }
}
