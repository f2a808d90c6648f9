using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Which runs use pages of which segment. Takes four bytes for each use, because an untrusted file decides on their number.
/// </summary>
internal sealed class SegmentUses
{
    private readonly IReadOnlyList<MapRun> _runs;
    private readonly long[] _starts;
    private readonly int[] _firsts,
        _numbers;

    /// <summary>Sorts the uses by segment; InvalidInput when there are more than <see cref="PageMap.MostRuns"/>.</summary>
    /// <param name="runs">All runs.</param>
    /// <param name="starts">Number of the first carried page of each segment, and the total as last element.</param>
    public SegmentUses(IReadOnlyList<MapRun> runs, long[] starts)
    {
        (_runs, _starts) = (runs, starts);
        PageMapCodec.RequireFew(Count(runs, starts), 0);
        _firsts = new int[starts.Length];
        foreach (var run in runs)
            for (var (segment, last) = Segments(run, starts); segment <= last; segment++)
                _firsts[segment + 1]++;
        for (var i = 1; i < _firsts.Length; i++)
            _firsts[i] += _firsts[i - 1];
        _numbers = new int[_firsts[^1]];
        var next = _firsts.ToArray();
        for (var number = 0; number < runs.Count; number++)
        for (var (segment, last) = Segments(runs[number], starts); segment <= last; segment++)
            _numbers[next[segment]++] = number;
    }

    /// <summary>Number of uses; a run without carried pages counts as one.</summary>
    public static long Count(IReadOnlyList<MapRun> runs, long[] starts)
    {
        var count = 0L;
        foreach (var run in runs)
            count += Segments(run, starts) is var (first, last) && last < first ? 1 : last - first + 1;
        return count;
    }

    /// <summary>The parts of runs that use a segment: the run, the offset within it, and the number of pages.</summary>
    public IEnumerable<(MapRun Run, long Start, long Count)> Of(int segment)
    {
        for (var i = _firsts[segment]; i < _firsts[segment + 1]; i++)
        {
            var run = _runs[_numbers[i]];
            var start = Math.Max(0, _starts[segment] - run.From);
            yield return (run, start, Math.Min(run.Count, _starts[segment + 1] - run.From) - start);
        }
    }

    /// <summary>The first and the last segment of a run; the last is less than the first when the run has no carried pages.</summary>
    private static (int First, int Last) Segments(MapRun run, long[] starts) =>
        run.Source == PageSource.Literal ? (Holding(run.From, starts), Holding(run.From + run.Count - 1, starts)) : (0, -1);

    private static int Holding(long literal, long[] starts) =>
        Array.BinarySearch(starts, literal) is var found && found >= 0 ? found : ~found - 1;
}
