using System.Runtime.InteropServices;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Similarity of two pages at the same positions.</summary>
/// <param name="Common">Words that are not zero and equal in both.</param>
/// <param name="Words">Words of the first that are not zero.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PageSimilarity(int Common, int Words)
{
    /// <summary>Compares two pages.</summary>
    public static PageSimilarity Of(ReadOnlySpan<byte> page, ReadOnlySpan<byte> other)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(page);
        var others = MemoryMarshal.Cast<byte, ulong>(other);
        var common = 0;
        for (var i = 0; i < words.Length; i++)
            if (words[i] == others[i] && words[i] != 0)
                common++;
        return new PageSimilarity(common, words.Length - words.Count(0UL));
    }
}

/// <summary>
/// Finds the page of the base that a carried page is best encoded against: the one at its place, or one with common features. For one
/// thread at a time.
/// </summary>
internal sealed class ReferenceFinder(OverlayBase baseVm, PageIndex? index)
{
    private const int Margin = 16; // words by which a page elsewhere has to be better, because its number costs bytes in the map

    private readonly byte[] _candidate = new byte[PageSize.Bytes];
    private readonly HashSet<(PageSource, long)> _looked = [];

    /// <summary>
    /// Finds a reference, and leaves its content in <paramref name="reference"/>. <see cref="PageSource.Zero"/>: none helps.
    /// </summary>
    /// <param name="space">Disk or memory.</param>
    /// <param name="page">Its number.</param>
    /// <param name="content">Its content.</param>
    /// <param name="reference">A buffer of one page, which holds the base's page at the same place.</param>
    /// <param name="same">Similarity of the page to that one.</param>
    public (PageSource Source, long Page) Find(
        PageSpace space,
        long page,
        ReadOnlySpan<byte> content,
        Span<byte> reference,
        PageSimilarity same
    )
    {
        var isLike = same.Common > 0 && same.Common * 8 >= same.Words;
        var best = isLike ? (space == PageSpace.Disk ? PageSource.BaseDisk : PageSource.BaseMemory, page) : (PageSource.Zero, 0);
        return index is null ? best : Elsewhere(content, reference, best, isLike ? same.Common : 0);
    }

    private (PageSource Source, long Page) Elsewhere(
        ReadOnlySpan<byte> content,
        Span<byte> reference,
        (PageSource Source, long Page) best,
        int same
    )
    {
        _looked.Clear();
        Span<uint> features = stackalloc uint[PageFeatures.Count];
        foreach (var feature in features[..PageFeatures.Of(content, features)])
        foreach (var place in index!.Alike(feature))
        {
            if (!_looked.Add(place))
                continue;
            baseVm[place.Source].Read(place.Page * PageSize.Bytes, _candidate);
            var there = PageSimilarity.Of(content, _candidate).Common;

            // Common content at other positions is still better than none.
            if (best.Source != PageSource.Zero ? there <= same + Margin : there < same)
                continue;
            _candidate.CopyTo(reference);
            (best, same) = (place, there);
        }

        return best;
    }
}
