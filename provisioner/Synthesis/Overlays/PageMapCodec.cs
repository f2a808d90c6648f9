using System.Runtime.InteropServices;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Bounds of the numbers in a page map.</summary>
/// <param name="DiskPages">Pages of the disk.</param>
/// <param name="MemoryPages">Pages of the memory.</param>
/// <param name="Literals">Pages that the overlay carries.</param>
/// <param name="SegmentPages">Most pages of a segment.</param>
/// <param name="Segments">Number of segments of carried pages.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MapBounds(long DiskPages, long MemoryPages, long Literals, int SegmentPages, int Segments)
{
    /// <summary>Pages of a source; 0 for zeros.</summary>
    public long Of(PageSource source) =>
        source switch
        {
            PageSource.BaseDisk => DiskPages,
            PageSource.BaseMemory => MemoryPages,
            PageSource.Literal => Literals,
            _ => 0,
        };
}

/// <summary>
/// Encodes a page map in columns, because similar numbers compress well next to each other: the numbers of runs and of ranges; then for
/// runs the space and source, the pages since the run before, the count less 1, and the distance of the source from the end of the last run
/// with that source; then the number of ranges of each segment, and for ranges the source, the length, and the distance. Numbers are
/// LEB128, distances zigzag (docs/formats/overlay.md).
/// </summary>
internal static class PageMapCodec
{
    private const int SourceBits = 2;

    /// <summary>Encodes a map.</summary>
    public static byte[] Encode(PageMap map)
    {
        var into = new VarintWriter();
        into.Put(map.Runs.Count);
        into.Put(map.Ranges.Sum(r => r.Count));
        foreach (var run in map.Runs)
            into.Put(((int)run.Space << SourceBits) | (int)run.Source);
        var ends = new long[2];
        foreach (var run in map.Runs)
        {
            into.Put(run.Start - ends[(int)run.Space]);
            ends[(int)run.Space] = run.Start + run.Count;
        }

        foreach (var run in map.Runs)
            into.Put(run.Count - 1);
        var next = new long[1 << SourceBits];
        foreach (var run in map.Runs.Where(r => r.Source != PageSource.Zero))
            PutFrom(into, ref next[(int)run.Source], run.From, run.Count);
        PutRanges(into, map.Ranges);
        return into.ToArray();
    }

    /// <summary>Decodes a map; InvalidInput when it is damaged or out of bounds.</summary>
    /// <param name="bytes">The output of <see cref="Encode"/>; not trusted.</param>
    /// <param name="kind"><see cref="SegmentKind.Map"/>, or the <see cref="SegmentKind.OldMap"/> of versions 1 and 2.</param>
    /// <param name="bounds">Bounds of its numbers.</param>
    public static PageMap Decode(ReadOnlySpan<byte> bytes, SegmentKind kind, MapBounds bounds)
    {
        var from = new VarintReader(bytes, Refused);
        var (runCount, rangeCount) = from.Counts(leastFirst: 3, leastSecond: kind == SegmentKind.OldMap ? 2 : 3);
        RequireFew(runCount, rangeCount);
        var runs = new MapRun[runCount];
        foreach (ref var run in runs.AsSpan())
            run = from.Get() is var word and >= 0 and < 2 << SourceBits
                ? new MapRun((PageSpace)(word >> SourceBits), 0, 0, (PageSource)(word & ((1 << SourceBits) - 1)), 0)
                : throw Refused("a run of an unknown kind");
        for (var i = 1; i < runs.Length; i++)
            if (runs[i].Space < runs[i - 1].Space)
                throw Refused("a run of the disk after one of the memory");
        ReadPlaces(ref from, runs, bounds);
        var next = new long[1 << SourceBits];
        foreach (ref var run in runs.AsSpan())
            if (run.Source != PageSource.Zero)
                run = run with { From = GetFrom(ref from, ref next[(int)run.Source], bounds.Of(run.Source), run.Count) };

        var ranges =
            kind == SegmentKind.OldMap ? OldReferences.Read(ref from, rangeCount, bounds) : ReadRanges(ref from, rangeCount, bounds);
        if (!from.IsAtEnd)
            throw Refused("trailing data");
        return new PageMap(runs, ranges, bounds.Literals);
    }

    /// <summary>InvalidInput when there are more than a reader accepts.</summary>
    public static void RequireFew(long runs, long ranges)
    {
        if (PageMap.IsTooLarge(runs, ranges))
            throw OverlayRefusedException.Damaged(
                OverlayRefusalCode.PageMapTooLarge,
                "its page map is too large",
                PageMap.Limits,
                $"{runs} and {ranges}"
            );
    }

    /// <summary>Reads a source; InvalidInput when it is out of bounds.</summary>
    /// <param name="reader">Reads the distance.</param>
    /// <param name="next">End of the last one with that source; set to the end of this one.</param>
    /// <param name="limit">Length of the source.</param>
    /// <param name="length">Length that is used.</param>
    internal static long GetFrom(ref VarintReader reader, ref long next, long limit, long length)
    {
        var from = unchecked(next + reader.GetSigned());
        if (from < 0 || from > limit - length)
            throw Refused("a source past the end of the base or of the carried pages");
        next = from + length;
        return from;
    }

    /// <summary>The error for a map that is not valid.</summary>
    internal static OverlayRefusedException Refused(string what) =>
        OverlayRefusedException.Damaged(OverlayRefusalCode.BadPageMap, $"its page map has {what}");

    private static void ReadPlaces(ref VarintReader from, MapRun[] runs, MapBounds bounds)
    {
        foreach (ref var run in runs.AsSpan())
            run = run with { Start = from.Get() }; // relative to the end of the one before, until that one's count is known
        var ends = new long[2];
        for (var i = 0; i < runs.Length; i++)
        {
            var space = (int)runs[i].Space;
            var count = from.Get();
            var room = (space == 0 ? bounds.DiskPages : bounds.MemoryPages) - ends[space] - runs[i].Start;
            if (runs[i].Start < 0 || room < 1 || count < 0 || count > room - 1)
                throw Refused($"a run past the end of the {(space == 0 ? "disk" : "memory")}");
            runs[i] = runs[i] with { Start = ends[space] + runs[i].Start, Count = count + 1 };
            ends[space] = runs[i].Start + runs[i].Count;
        }
    }

    private static void PutRanges(VarintWriter into, IReadOnlyList<IReadOnlyList<BaseRange>> segments)
    {
        foreach (var ranges in segments)
            into.Put(ranges.Count);
        foreach (var range in segments.SelectMany(r => r))
            into.Put((int)range.Source - 1);
        foreach (var range in segments.SelectMany(r => r))
            into.Put((range.Length / BaseRange.Unit) - 1);
        var next = new long[2];
        foreach (var range in segments.SelectMany(r => r))
            PutFrom(into, ref next[(int)range.Source - 1], range.Start / BaseRange.Unit, range.Length / BaseRange.Unit);
    }

    private static BaseRange[][] ReadRanges(ref VarintReader from, int count, MapBounds bounds)
    {
        var segments = new BaseRange[bounds.Segments][];
        var left = (long)count;
        foreach (ref var ranges in segments.AsSpan())
        {
            var own = from.Get();
            ranges = own >= 0 && own <= left ? new BaseRange[own] : throw Refused("more ranges than it announces");
            left -= own;
        }

        if (left != 0)
            throw Refused("ranges without a segment");
        foreach (var ranges in segments)
        foreach (ref var range in ranges.AsSpan())
            range = from.Get() is var source and >= 0 and < 2
                ? new BaseRange((PageSource)(source + 1), 0, 0)
                : throw Refused("a range of an unknown kind");
        foreach (var ranges in segments)
        {
            var room = PageMap.MostAgainst / BaseRange.Unit;
            foreach (ref var range in ranges.AsSpan())
            {
                range =
                    from.Get() is var less && less >= 0 && less < room
                        ? range with
                        {
                            Length = (int)(less + 1) * BaseRange.Unit,
                        }
                        : throw Refused($"a segment with more than {PageMap.MostAgainst} bytes of ranges");
                room -= (int)less + 1;
            }
        }

        var next = new long[2];
        foreach (var ranges in segments)
        foreach (ref var range in ranges.AsSpan())
        {
            var (limit, length) = (bounds.Of(range.Source) * (PageSize.Bytes / BaseRange.Unit), range.Length / BaseRange.Unit);
            range = range with { Start = GetFrom(ref from, ref next[(int)range.Source - 1], limit, length) * BaseRange.Unit };
        }

        return segments;
    }

    private static void PutFrom(VarintWriter into, ref long next, long from, long length)
    {
        into.PutSigned(from - next);
        next = from + length;
    }
}
