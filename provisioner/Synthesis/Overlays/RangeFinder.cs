using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Finds the ranges of the base that a segment of carried pages is best encoded against: for each page, a similar page of the base
/// (<see cref="ReferenceFinder"/>), and the surroundings of its anchors in the base. For one segment and one thread.
/// </summary>
/// <param name="baseVm">The base.</param>
/// <param name="index">Its index; null for a base of zeros, where no range helps.</param>
internal sealed class RangeFinder(OverlayBase baseVm, PageIndex? index)
{
    private const int Most = 2 << 20; // limit of the bytes that a segment is encoded against: each costs as much time as its own
    private const int Around = 256; // bytes before and after a match: content often continues there after a small change
    private const int Alike = 7; // with so many eighths of a page's words in common, the search ends

    private readonly ReferenceFinder _pages = new(baseVm, index);
    private readonly byte[] _before = new byte[PageSize.Bytes];
    private readonly byte[] _near = new byte[3 * PageSize.Bytes];
    private readonly HashSet<long> _taken = [];
    private readonly HashSet<uint> _keys = [];
    private readonly List<BaseRange> _ranges = [];
    private (PageSource Source, long Start)? _expected;
    private int _length;

    /// <summary>The ranges, in the order of the pages.</summary>
    public IReadOnlyList<BaseRange> Ranges => _ranges;

    /// <summary>Adds the next page of the segment.</summary>
    /// <param name="space">Disk or memory.</param>
    /// <param name="page">Its number.</param>
    /// <param name="content">Its content.</param>
    public void Add(PageSpace space, long page, ReadOnlySpan<byte> content)
    {
        if (index is null)
            return;
        var before = _before.AsSpan();
        baseVm[Source(space)].Read(page * PageSize.Bytes, before);
        var same = PageSimilarity.Of(content, before);
        if (same.Common * 8 >= same.Words * Alike)
        {
            Take(Source(space), page * PageSize.Bytes, PageSize.Bytes);
            return;
        }

        Span<PageAnchor> anchors = stackalloc PageAnchor[PageAnchors.Most];
        anchors = anchors[..PageAnchors.Of(content, anchors)];
        var shared = CountShared(anchors, before);
        var isMoved = shared > 0 && shared * 2 >= anchors.Length; // within the page: its words are at other positions
        var (source, number) = isMoved ? (Source(space), page) : _pages.Find(space, page, content, before, same);
        if (source == PageSource.Zero && shared > 0)
            (source, number) = (Source(space), page);
        if (source != PageSource.Zero)
            Take(source, number * PageSize.Bytes, PageSize.Bytes);
        if (shared == anchors.Length)
            return;
        if (!isMoved && source != PageSource.Zero)
            CountShared(anchors, before);
        Surroundings(content, anchors, isWhole: source == PageSource.Zero);
    }

    private static PageSource Source(PageSpace space) => space == PageSpace.Disk ? PageSource.BaseDisk : PageSource.BaseMemory;

    /// <summary>Counts the anchors that another page has, too; their keys stay in the set.</summary>
    private int CountShared(ReadOnlySpan<PageAnchor> anchors, ReadOnlySpan<byte> other)
    {
        _keys.Clear();
        if (anchors.IsEmpty)
            return 0;
        Span<PageAnchor> others = stackalloc PageAnchor[PageAnchors.Most];
        foreach (var anchor in others[..PageAnchors.Of(other, others)])
            _keys.Add(anchor.Key);
        var shared = 0;
        foreach (var anchor in anchors)
            shared += _keys.Contains(anchor.Key) ? 1 : 0;
        return shared;
    }

    /// <summary>Adds the surroundings of the anchors in the base.</summary>
    /// <param name="content">The page.</param>
    /// <param name="anchors">Its anchors; those whose keys are in the set were added already.</param>
    /// <param name="isWhole">
    /// The page has no other reference: it is part of a file that moved, of which small pieces without an anchor are the same, too, such as
    /// code between addresses.
    /// </param>
    private void Surroundings(ReadOnlySpan<byte> content, ReadOnlySpan<PageAnchor> anchors, bool isWhole)
    {
        var expected = _expected; // the source of this page if it follows the page before in the base, too
        var known = 0; // the content up to here is in the ranges
        foreach (var (key, offset) in anchors)
        {
            if (_length >= Most)
                return;
            if (offset + PageAnchors.Window <= known || _keys.Contains(key) || index!.Anchored(key) is not { } place)
                continue;
            var window = content.Slice(offset, PageAnchors.Window);
            var start = Math.Max(0, place.Page - 1) * PageSize.Bytes;
            var near = _near.AsSpan(0, (int)Math.Min(_near.Length, baseVm[place.Source].Length - start));
            baseVm[place.Source].Read(start, near);
            var own = (int)((place.Page * PageSize.Bytes) - start);
            var at = near.Slice(own, PageSize.Bytes).IndexOf(window);
            if (at < 0)
                continue;
            at += own;
            var ahead = content[(offset + PageAnchors.Window)..].CommonPrefixLength(near[(at + PageAnchors.Window)..]);
            var behind = CommonSuffix(content[..offset], near[..at]);
            known = offset + PageAnchors.Window + ahead;
            var from = start + at - offset;
            if (isWhole)
                TakePage(place.Source, from);
            else
                Take(place.Source, start + at - behind - Around, (2 * Around) + behind + PageAnchors.Window + ahead);
            _expected = (place.Source, from + PageSize.Bytes);
        }

        if (!isWhole || expected is not { } guess || _expected != expected)
            return;
        TakePage(guess.Source, guess.Start);
        _expected = (guess.Source, guess.Start + PageSize.Bytes);
    }

    /// <summary>Adds the page that a page most likely moved from, when a part of it matches.</summary>
    private void TakePage(PageSource source, long start) => Take(source, start - Around, PageSize.Bytes + (2 * Around));

    private static int CommonSuffix(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        var length = 0;
        while (length < one.Length && length < other.Length && one[^(length + 1)] == other[^(length + 1)])
            length++;
        return length;
    }

    /// <summary>Adds the part of a range that was not added yet.</summary>
    private void Take(PageSource source, long start, int length)
    {
        var end = Math.Min(start + length, baseVm[source].Length);
        for (var unit = Math.Max(0, start) / BaseRange.Unit; unit * BaseRange.Unit < end; unit++)
        {
            if (!_taken.Add((unit << 1) | (source == PageSource.BaseMemory ? 1L : 0)))
                continue;
            _length += BaseRange.Unit;
            if (_ranges is [.., var last] && last.Source == source && last.End == unit * BaseRange.Unit)
                _ranges[^1] = last with { Length = last.Length + BaseRange.Unit };
            else
                _ranges.Add(new BaseRange(source, unit * BaseRange.Unit, BaseRange.Unit));
        }
    }
}
