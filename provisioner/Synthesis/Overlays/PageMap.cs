using System.Runtime.InteropServices;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Which of a VM's two stores a page belongs to.</summary>
public enum PageSpace : byte
{
    /// <summary>Its disk.</summary>
    Disk = 0,

    /// <summary>Its memory.</summary>
    Memory = 1,
}

/// <summary>Where the content of a page is found.</summary>
public enum PageSource : byte
{
    /// <summary>It is zero.</summary>
    Zero = 0,

    /// <summary>A page of the base's disk.</summary>
    BaseDisk = 1,

    /// <summary>A page of the base's memory.</summary>
    BaseMemory = 2,

    /// <summary>A page that the overlay carries.</summary>
    Literal = 3,
}

/// <summary>Pages that differ from the base's at their place, in one run.</summary>
/// <param name="Space">Disk or memory.</param>
/// <param name="Start">Number of the first.</param>
/// <param name="Count">How many.</param>
/// <param name="Source">Where their content is.</param>
/// <param name="From">Number of the first page there; the others follow it. 0 for <see cref="PageSource.Zero"/>.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MapRun(PageSpace Space, long Start, long Count, PageSource Source, long From);

/// <summary>What the carried pages of one run were encoded against.</summary>
/// <param name="Count">How many pages.</param>
/// <param name="Source"><see cref="PageSource.BaseDisk"/> or <see cref="PageSource.BaseMemory"/>; <see cref="PageSource.Zero"/> for nothing.</param>
/// <param name="From">Number of the first page there; the others follow it.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ReferenceRun(long Count, PageSource Source, long From);

/// <summary>Where every page comes from that is not the base's at its place. What is in no run is as in the base.</summary>
/// <param name="Runs">Disk first, then memory, each in ascending order without overlaps.</param>
/// <param name="References">For the carried pages in their order; the counts add up to <see cref="Literals"/>.</param>
/// <param name="Literals">How many pages the overlay carries.</param>
public sealed record PageMap(IReadOnlyList<MapRun> Runs, IReadOnlyList<ReferenceRun> References, long Literals);

/// <summary>Makes a map page by page.</summary>
internal sealed class PageMapBuilder
{
    private readonly List<MapRun> _runs = [];

    /// <summary>Pages carried so far.</summary>
    public long Literals { get; private set; }

    /// <summary>The page that would go on with the last run if it were at <paramref name="page"/>: the cheapest to name. Null when there is none.</summary>
    public (PageSource Source, long From)? Next(PageSpace space, long page) =>
        _runs is [.., var last] && last.Space == space && last.Start + last.Count == page && last.Source is PageSource.BaseDisk or PageSource.BaseMemory ? (last.Source, last.From + last.Count) : null;

    /// <summary>Adds a page behind all others of its space.</summary>
    public void Add(PageSpace space, long page, PageSource source, long from)
    {
        if (_runs is [.., var last] && last.Space == space && last.Start + last.Count == page && last.Source == source && (source == PageSource.Zero || last.From + last.Count == from))
            _runs[^1] = last with { Count = last.Count + 1 };
        else
            _runs.Add(new MapRun(space, page, 1, source, from));
    }

    /// <summary>Adds a page that is carried; returns its number.</summary>
    public long AddLiteral(PageSpace space, long page)
    {
        Add(space, page, PageSource.Literal, Literals);
        return Literals++;
    }

    /// <summary>The map, without what carried pages were encoded against.</summary>
    public PageMap Build() => new(_runs, [], Literals);
}
