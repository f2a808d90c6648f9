using System.Globalization;
using System.Text;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>The table of all faults, as in the documentation.</summary>
internal static class FaultTable
{
    /// <summary>Path of the table.</summary>
    public static string Path { get; } = System.IO.Path.Combine(CloudletProgram.Repository, "docs/benchmarks/faults.md");

    /// <summary>The table of some runs.</summary>
    public static string Of(IReadOnlyList<FaultOutcome> outcomes)
    {
        var text = new StringBuilder(
            $"""
            # Faults

            `build/faults [SEEDS]` makes every fault below on a lab host with a health daemon, SEEDS times with different details,
            and writes this table. Each run must end as described without help, or with the alarm that is named; then the operator's
            action in the table (mask undone, cause removed) must be enough for the host to end as described, with no alarm left. A
            checker reads the daemon's records of every run: no two heals at the same time, none against an operator's decision,
            none beyond the budget, no alarm raised twice, no restart of a service whose loaded options did not change, no change to
            anything undescribed.

            {outcomes.CountBy(o => o.Fault).Count()} faults, {outcomes.Count} runs, {outcomes.Count(o =>
                o.Failure is not null
            )} failed. Times are from the daemon's own records, in milliseconds, the worst of all runs: from the
            event to the decision, and from there to the end of the second observation. A file under a service gets a quarter of a
            second to settle before the service is examined; a fault that stops the daemon is detected when it is back. A clock that
            jumps, a host without inotify and a service that really runs out of memory need a kernel of their own: guides/guests.md.

            | fault | runs | ends | heals a run, at most | detection | repair |
            | --- | ---: | --- | ---: | ---: | ---: |

            """
        );
        foreach (var runs in FaultCatalog.All.Join(outcomes.GroupBy(o => o.Fault), fault => fault, runs => runs.Key, (_, runs) => runs))
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {runs.Key.Group}: {runs.Key.Name} | {runs.Count()} | {End(runs)} | {runs.Max(r => r.Heals.Count)} | "
                    + $"{Worst(runs, "detectionMilliseconds")} | "
                    + $"{Worst(runs, "repairMilliseconds")} |"
            );
        return text.ToString();
    }

    private static string End(IGrouping<Fault, FaultOutcome> runs) =>
        runs.Count(r => r.Failure is not null) is > 0 and var failed ? $"**{failed} failed**"
        : runs.Key.Alarm is { } alarm ? $"`{alarm.Split(' ')[0]}`"
        : runs.Key.IsHarmless ? "as described all the time"
        : "as described";

    private static string Worst(IEnumerable<FaultOutcome> runs, string property) =>
        runs.SelectMany(r => r.Heals).Select(h => h.GetProperty(property).GetDouble()).DefaultIfEmpty(double.NaN).Max() is var worst
        && double.IsNaN(worst)
            ? "–"
            : worst.ToString("0", CultureInfo.InvariantCulture);
}
