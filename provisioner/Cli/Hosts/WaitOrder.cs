using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Hosts;

/// <summary>Runs that wait for others: a host that uses a new value follows the one that makes it.</summary>
internal static class WaitOrder
{
    /// <summary>The same waits without those of hosts that wait for each other: they run at once.</summary>
    /// <param name="waits">Each host and the hosts that it waits for.</param>
    public static IReadOnlyDictionary<string, IReadOnlyCollection<string>> WithoutCircles(
        IReadOnlyDictionary<string, IReadOnlyCollection<string>> waits
    )
    {
        return waits.ToDictionary(
            static w => w.Key,
            w => (IReadOnlyCollection<string>)[.. w.Value.Where(other => !Reaches(other, w.Key))],
            StringComparer.Ordinal
        );

        bool Reaches(string from, string to)
        {
            var (seen, next) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>([from]));
            while (next.TryPop(out var host))
                if (host == to)
                    return true;
                else if (seen.Add(host))
                    foreach (var other in waits.GetValueOrDefault(host) ?? [])
                        next.Push(other);
            return false;
        }
    }

    /// <summary>Runs all at once, each after those that it waits for.</summary>
    /// <param name="targets">The hosts; they wait in no circle.</param>
    /// <param name="run">Runs one; gets the name of a host that it waited for and that did not succeed, or null.</param>
    public static async Task<IReadOnlyList<HostOutcome>> RunAsync(
        IReadOnlyList<Target> targets,
        Func<Target, string?, Task<HostOutcome>> run
    )
    {
        var runs = targets.ToDictionary(
            static t => t.Name,
            _ => new TaskCompletionSource<HostOutcome>(TaskCreationOptions.RunContinuationsAsynchronously),
            StringComparer.Ordinal
        );
        return await Task.WhenAll(targets.Select(RunOneAsync));

        async Task<HostOutcome> RunOneAsync(Target target)
        {
            var end = runs[target.Name];
            try
            {
                string? failed = null;
                foreach (var other in target.After)
                    if (await runs[other].Task is { ExitCode: not ExitCodes.Ok })
                        failed ??= other;
                var outcome = await run(target, failed);
                end.SetResult(outcome);
                return outcome;
            }
            catch (Exception e)
            {
                // Those who wait end, too.
                end.TrySetException(e);
                _ = end.Task.Exception;
                throw;
            }
        }
    }
}
