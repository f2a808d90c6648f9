using System.Runtime.InteropServices;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Pages that differ from the base's at their place, in one run.</summary>
/// <param name="Space">Disk or memory.</param>
/// <param name="Start">Number of the first.</param>
/// <param name="Count">How many.</param>
/// <param name="Source">Where their content is found.</param>
/// <param name="From">Number of the first page in the source; the others follow it. 0 for <see cref="PageSource.Zero"/>.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MapRun(PageSpace Space, long Start, long Count, PageSource Source, long From);

/// <summary>Bytes of the base that the carried pages of a segment were encoded against.</summary>
/// <param name="Source"><see cref="PageSource.BaseDisk"/> or <see cref="PageSource.BaseMemory"/>.</param>
/// <param name="Start">The first byte; a multiple of <see cref="Unit"/>.</param>
/// <param name="Length">How many; a multiple of <see cref="Unit"/>.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BaseRange(PageSource Source, long Start, int Length)
{
    /// <summary>Granularity of ranges in bytes.</summary>
    public const int Unit = 64;

    /// <summary>The byte after the last.</summary>
    public long End => Start + Length;
}

/// <summary>Where every page comes from that differs from the base's page at its place. Pages in no run are as in the base.</summary>
/// <param name="Runs">Disk first, then memory, each in ascending order without overlaps.</param>
/// <param name="Ranges">The ranges of each segment of carried pages, in order.</param>
/// <param name="Literals">Number of carried pages.</param>
public sealed record PageMap(IReadOnlyList<MapRun> Runs, IReadOnlyList<IReadOnlyList<BaseRange>> Ranges, long Literals)
{
    /// <summary>Limit of the bytes that a segment is encoded against.</summary>
    public const int MostAgainst = 4 << 20;

    /// <summary>
    /// Limits of runs and ranges; a run of carried pages counts once for every segment that it is in. They limit the memory that a
    /// malicious overlay can take.
    /// </summary>
    internal const int MostRuns = 1 << 21,
        MostRanges = 1 << 20;

    /// <summary>The limits, for messages.</summary>
    internal static string Limits => $"at most {MostRuns} runs of changed pages and {MostRanges} ranges that they are encoded against";

    /// <summary>True when there are more than a reader accepts.</summary>
    internal static bool IsTooLarge(long runs, long ranges) => runs > MostRuns || ranges > MostRanges;

    /// <summary>Number of runs; those of carried pages count once for each segment.</summary>
    internal long Uses(IReadOnlyList<OverlaySegment> literals)
    {
        var starts = new long[literals.Count + 1];
        for (var i = 0; i < literals.Count; i++)
            starts[i + 1] = starts[i] + (literals[i].PlainLength / PageSize.Bytes);
        return SegmentUses.Count(Runs, starts);
    }

    /// <summary>Upper bound of the bytes written to a store; zeros take no space.</summary>
    internal long BytesFor(PageSpace space) =>
        Runs.Where(r => r.Space == space && r.Source != PageSource.Zero).Sum(r => r.Count) * PageSize.Bytes;
}

/// <summary>Makes a map page by page.</summary>
internal sealed class PageMapBuilder
{
    private readonly List<MapRun> _runs = [];

    /// <summary>Number of carried pages so far.</summary>
    public long Literals { get; private set; }

    /// <summary>
    /// The source that would extend the last run to <paramref name="page"/>, which is the cheapest to encode. Null when there is none.
    /// </summary>
    public (PageSource Source, long From)? Next(PageSpace space, long page) =>
        _runs is [.., { Source: PageSource.BaseDisk or PageSource.BaseMemory } last]
        && last.Space == space
        && last.Start + last.Count == page
            ? (last.Source, last.From + last.Count)
            : null;

    /// <summary>Adds a page after all others of its space.</summary>
    public void Add(PageSpace space, long page, PageSource source, long from)
    {
        if (
            _runs is [.., var last]
            && last.Space == space
            && last.Start + last.Count == page
            && last.Source == source
            && (source == PageSource.Zero || last.From + last.Count == from)
        )
            _runs[^1] = last with { Count = last.Count + 1 };
        else
            _runs.Add(new MapRun(space, page, 1, source, from));
    }

    /// <summary>Adds a carried page; returns its number.</summary>
    public long AddLiteral(PageSpace space, long page)
    {
        Add(space, page, PageSource.Literal, Literals);
        return Literals++;
    }

    /// <summary>The map, without ranges.</summary>
    public PageMap Build() => new(_runs, [], Literals);
}
