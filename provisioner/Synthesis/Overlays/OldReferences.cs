using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Reads the references of maps of versions 1 and 2, as ranges of their segments. Each carried page was encoded against one page of the
/// base or none; the references are runs over all segments.
/// </summary>
internal static class OldReferences
{
    /// <summary>Reads the references; InvalidInput when they are out of bounds.</summary>
    /// <param name="from">The last three columns of the map.</param>
    /// <param name="count">Number of runs of references.</param>
    /// <param name="bounds">Bounds of the map.</param>
    public static IReadOnlyList<IReadOnlyList<BaseRange>> Read(ref VarintReader from, int count, MapBounds bounds)
    {
        var runs = new (PageSource Source, long Count)[count];
        foreach (ref var run in runs.AsSpan())
            run = from.Get() is var kind and >= 0 and < (long)PageSource.Literal
                ? ((PageSource)kind, 0)
                : throw PageMapCodec.Refused("a reference of an unknown kind");
        var left = bounds.Literals;
        foreach (ref var run in runs.AsSpan())
        {
            var less = from.Get();
            if (less < 0 || less > left - 1)
                throw PageMapCodec.Refused("references for more pages than the overlay carries");
            run = run with { Count = less + 1 };
            left -= less + 1;
        }

        if (left != 0)
            throw PageMapCodec.Refused("carried pages without a reference");
        var segments = Enumerable.Range(0, bounds.Segments).Select(_ => new List<BaseRange>()).ToArray();
        var (literal, next) = (0L, new long[3]);
        foreach (var (source, pages) in runs)
        {
            if (source != PageSource.Zero)
            {
                var first = PageMapCodec.GetFrom(ref from, ref next[(int)source], bounds.Of(source), pages);
                Add(segments, literal, pages, source, first, bounds.SegmentPages);
            }

            literal += pages;
        }

        return segments;
    }

    /// <summary>Splits a run at the ends of segments.</summary>
    private static void Add(List<BaseRange>[] segments, long literal, long pages, PageSource source, long first, int segmentPages)
    {
        for (var done = 0L; done < pages; )
        {
            var (segment, within) = Math.DivRem(literal + done, segmentPages);
            var part = Math.Min(pages - done, segmentPages - within);
            segments[segment].Add(new BaseRange(source, (first + done) * PageSize.Bytes, (int)part * PageSize.Bytes));
            done += part;
        }
    }
}
