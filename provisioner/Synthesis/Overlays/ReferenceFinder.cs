using System.Runtime.InteropServices;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Finds the page of the base that a carried page is best encoded against: the one at its place, or one that shares features with it. For one thread at a time.
/// </summary>
internal sealed class ReferenceFinder(OverlayBase baseVm, PageIndex? index)
{
    private const int Words = PageSize.Bytes / sizeof(ulong);
    private const int Margin = 16; // words by which a page elsewhere has to be better: its number costs bytes in the map

    private readonly byte[] _candidate = new byte[PageSize.Bytes];
    private readonly HashSet<(PageSource, long)> _looked = [];

    /// <summary>Looks for one, and leaves its content in <paramref name="reference"/>. Zero: nothing is of use.</summary>
    /// <param name="space">Whose page it is.</param>
    /// <param name="page">Its number.</param>
    /// <param name="content">Its content.</param>
    /// <param name="reference">A page long; the base's page at the same place.</param>
    public ReferenceRun Find(PageSpace space, long page, ReadOnlySpan<byte> content, Span<byte> reference)
    {
        var (same, all) = (Same(content, reference), Words - MemoryMarshal.Cast<byte, ulong>(content).Count(0UL));
        var isLike = same > 0 && same * 8 >= all;
        var best = isLike ? new ReferenceRun(1, space == PageSpace.Disk ? PageSource.BaseDisk : PageSource.BaseMemory, page) : new ReferenceRun(1, PageSource.Zero, 0);
        return index is null || same * 8 >= all * 7 ? best : Elsewhere(content, reference, best, isLike ? same : 0);
    }

    private ReferenceRun Elsewhere(ReadOnlySpan<byte> content, Span<byte> reference, ReferenceRun best, int same)
    {
        _looked.Clear();
        Span<uint> features = stackalloc uint[PageFeatures.Count];
        foreach (var feature in features[..PageFeatures.Of(content, features)])
            foreach (var place in index!.Alike(feature))
            {
                if (!_looked.Add(place))
                    continue;
                baseVm[place.Source].Read(place.Page * PageSize.Bytes, _candidate);
                var there = Same(content, _candidate);

                // Something in common that is not at the same position is still better than nothing.
                if (best.Source != PageSource.Zero ? there <= same + Margin : there < same)
                    continue;
                _candidate.CopyTo(reference);
                (best, same) = (new ReferenceRun(1, place.Source, place.Page), there);
            }

        return best;
    }

    /// <summary>Words that are not zero and the same in both.</summary>
    private static int Same(ReadOnlySpan<byte> content, ReadOnlySpan<byte> other)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(content);
        var others = MemoryMarshal.Cast<byte, ulong>(other);
        var same = 0;
        for (var i = 0; i < words.Length; i++)
            if (words[i] == others[i] && words[i] != 0)
                same++;
        return same;
    }
}
