using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Finds the parts of pages that are in the base at any byte offset; the rest is new. For one thread.</summary>
/// <param name="baseVm">The base.</param>
/// <param name="index">Its index.</param>
/// <param name="shortest">Least bytes of a copy.</param>
internal sealed class CopyFinder(OverlayBase baseVm, PageIndex index, int shortest)
{
    private const int Resync = 96; // bytes after a copy within which it may continue at the same distance
    private const int ShortestNear = 32; // least bytes of a match near others
    private const int Enough = 256; // a match of this length is taken without looking for a longer one

    private readonly BaseWindow _base = new(baseVm);
    private readonly List<(int At, int Length, PageSource Source, long From)> _merged = [];
    private readonly List<(int At, int Length, PageSource Source, long From)> _found = [];

    /// <summary>Divides a segment's pages into parts.</summary>
    /// <param name="content">The pages, one after the other.</param>
    /// <param name="places">Where they are in the VM.</param>
    public List<CopyPart> Find(ReadOnlySpan<byte> content, ReadOnlySpan<(PageSpace Space, long Page)> places)
    {
        _found.Clear();
        var filled = 0;
        Span<PageAnchor> anchors = stackalloc PageAnchor[PageAnchors.Most];
        for (var i = 0; i < places.Length; i++)
        {
            var page = content.Slice(i * PageSize.Bytes, PageSize.Bytes);
            foreach (var (key, offset) in anchors[..PageAnchors.Of(page, anchors)])
            {
                var at = (i * PageSize.Bytes) + offset;
                if (at + PageAnchors.Window > End)
                    Try(content, at, key, places[i].Space, (places[i].Page * PageSize.Bytes) + offset);
            }

            filled = Fill(content, filled, i, places[i]);
        }

        return Parts(content.Length);
    }

    private GapFiller Filler => field ??= new GapFiller(_base, Math.Min(shortest, ShortestNear));

    private int End => _found is [.., var last] ? last.At + last.Length : 0;

    private void Try(ReadOnlySpan<byte> content, int at, uint key, PageSpace space, long place)
    {
        var best = (At: 0, Length: 0, Source: PageSource.Zero, From: 0L);
        if (_found is [.., var last])
            Look(content, at, last.Source, last.From + (at - last.At), ref best);
        if (best.Length < Enough)
            Look(content, at, space == PageSpace.Disk ? PageSource.BaseDisk : PageSource.BaseMemory, place, ref best);
        if (best.Length < Enough && index.Anchored(key) is { } known)
        {
            var window = content.Slice(at, PageAnchors.Window);
            var page = _base.From(known.Source, known.Page * PageSize.Bytes)[..PageSize.Bytes];
            if (page.IndexOf(window) is >= 0 and var offset)
                Look(content, at, known.Source, (known.Page * PageSize.Bytes) + offset, ref best);
        }

        var taken = Math.Max(0, End - best.At); // the window may begin within the copy before it
        if (best.Length - taken < shortest)
            return;
        _found.Add((best.At + taken, best.Length - taken, best.Source, best.From + taken));
        Continue(content);
    }

    /// <summary>Extends a matching window in both directions, and keeps the match if it is longer than the best so far.</summary>
    private void Look(
        ReadOnlySpan<byte> content,
        int at,
        PageSource source,
        long from,
        ref (int At, int Length, PageSource Source, long From) best
    )
    {
        if (from < 0 || from + PageAnchors.Window > _base.Length(source))
            return;
        var ahead = _base.Ahead(content[at..], source, from);
        if (ahead < PageAnchors.Window)
            return;
        var behind = _base.Behind(content[Math.Min(End, at)..at], source, from);
        if (ahead + behind > best.Length)
            best = (at - behind, ahead + behind, source, from - behind);
    }

    /// <summary>Continues the last copy at the same distance after a few bytes that differ, which is frequent.</summary>
    private void Continue(ReadOnlySpan<byte> content)
    {
        while (true)
        {
            var last = _found[^1];
            var (end, from) = (last.At + last.Length, last.From + last.Length);
            var found = false;
            var most = Math.Min(Resync, Math.Min(content.Length - end, _base.Length(last.Source) - from) - shortest);
            for (var gap = 1; gap <= most; gap++)
            {
                if (content[end + gap] != _base[last.Source, from + gap])
                    continue;
                var ahead = _base.Ahead(content[(end + gap)..], last.Source, from + gap);
                if (ahead < shortest)
                {
                    gap += ahead;
                    continue;
                }

                _found.Add((end + gap, ahead, last.Source, from + gap));
                found = true;
                break;
            }

            if (!found)
                return;
        }
    }

    /// <summary>Looks for the missing parts of a page near those that were found. Returns the number of copies that are final.</summary>
    private int Fill(ReadOnlySpan<byte> content, int filled, int number, (PageSpace Space, long Page) place)
    {
        var (start, end) = (number * PageSize.Bytes, (number + 1) * PageSize.Bytes);
        Filler.Clear();
        Filler.Add(place.Space == PageSpace.Disk ? PageSource.BaseDisk : PageSource.BaseMemory, place.Page);
        for (var i = filled; i < _found.Count; i++)
        {
            var (at, length, source, from) = _found[i];
            Filler.Add(source, Math.Max(from, from + start - at) / PageSize.Bytes);
            Filler.Add(source, Math.Min(from + length, from + end - at) / PageSize.Bytes);
        }

        _merged.Clear();
        var last = filled == 0 ? start : Math.Max(start, _found[filled - 1].At + _found[filled - 1].Length);
        for (var i = filled; i <= _found.Count; i++)
        {
            var next = i < _found.Count ? _found[i].At : end;
            for (var at = Math.Max(start, last); Filler.Next(content, at, Math.Min(end, next)) is { } more; at = more.At + more.Length)
                _merged.Add(more);
            if (i < _found.Count)
            {
                last = _found[i].At + _found[i].Length;
                _merged.Add(_found[i]);
            }
        }

        _found.RemoveRange(filled, _found.Count - filled);
        _found.AddRange(_merged);
        return _found.Count;
    }

    private List<CopyPart> Parts(int length)
    {
        var parts = new List<CopyPart>();
        var at = 0;
        foreach (var found in _found)
        {
            parts.Add(new CopyPart(found.At - at, found.Length, found.Source, found.From));
            at = found.At + found.Length;
        }

        if (at < length)
            parts.Add(new CopyPart(length - at, 0, PageSource.Zero, 0));
        return parts;
    }
}
