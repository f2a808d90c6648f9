namespace Cloudlet.Synthesis.Pages;

/// <summary>Runs of pages, from the extents of files.</summary>
internal static class PageRuns
{
    /// <summary>Pages that may hold data, in ascending order; all others are zero.</summary>
    public static IEnumerable<PageRun> WithData(SparseFile file) => Of(file.Data());

    /// <summary>Byte ranges, widened to whole pages and joined where they touch.</summary>
    /// <param name="ranges">In ascending order.</param>
    public static IEnumerable<PageRun> Of(IEnumerable<(long Start, long End)> ranges)
    {
        PageRun? last = null;
        foreach (var (start, end) in ranges)
        {
            var (first, behind) = (start / PageSize.Bytes, (end + PageSize.Bytes - 1) / PageSize.Bytes);
            if (last is { } open && first <= open.End)
            {
                last = open with { Count = Math.Max(open.End, behind) - open.Start };
                continue;
            }

            if (last is { } done)
                yield return done;
            last = new PageRun(first, behind - first);
        }

        if (last is { } rest)
            yield return rest;
    }

    /// <summary>Pages that are in both; both have to be in ascending order.</summary>
    public static IEnumerable<PageRun> Both(IEnumerable<PageRun> some, IEnumerable<PageRun> others)
    {
        using var left = some.GetEnumerator();
        using var right = others.GetEnumerator();
        for (var more = left.MoveNext() && right.MoveNext(); more; )
        {
            var (start, end) = (Math.Max(left.Current.Start, right.Current.Start), Math.Min(left.Current.End, right.Current.End));
            if (start < end)
                yield return new PageRun(start, end - start);
            more = left.Current.End < right.Current.End ? left.MoveNext() : right.MoveNext();
        }
    }
}
