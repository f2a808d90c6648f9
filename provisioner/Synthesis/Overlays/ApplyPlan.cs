using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>A page map turned round: for each segment of carried pages, where they go; and what is copied without any.</summary>
internal sealed class ApplyPlan
{
    private readonly OverlayHeader _header;
    private readonly OverlayBase _base;
    private readonly IPageWriter?[] _targets;
    private readonly List<MapRun> _copies = [];
    private readonly List<MapRun>[] _uses;
    private readonly List<ReferenceRun>[] _references;

    public ApplyPlan(PageMap map, OverlayHeader header, OverlayBase baseVm, IPageWriter disk, IPageWriter? memory)
    {
        (_header, _base, _targets) = (header, baseVm, [disk, memory]);
        var segments = (int)header.LiteralSegments;
        _uses = [.. Enumerable.Range(0, segments).Select(_ => new List<MapRun>())];
        _references = [.. Enumerable.Range(0, segments).Select(_ => new List<ReferenceRun>())];
        foreach (var run in map.Runs)
            if (run.Source != PageSource.Literal)
                _copies.Add(run);
            else
                foreach (var (segment, start, count) in Parts(run.From, run.Count))
                    _uses[segment].Add(run with { Start = run.Start + start, Count = count, From = run.From + start });
        var literal = 0L;
        foreach (var reference in map.References)
        {
            foreach (var (segment, start, count) in Parts(literal, reference.Count))
                _references[segment].Add(reference with { Count = count, From = reference.Source == PageSource.Zero ? 0 : reference.From + start });
            literal += reference.Count;
        }
    }

    /// <summary>Decodes a segment and writes its pages to wherever they belong.</summary>
    /// <param name="segment">Its number among those of carried pages.</param>
    /// <param name="codec">How it is compressed.</param>
    /// <param name="stored">Its bytes, verified.</param>
    public void Decode(int segment, SegmentCodec codec, ReadOnlySpan<byte> stored)
    {
        var first = (long)segment * _header.SegmentPages;
        var pages = new byte[(int)Math.Min(_header.SegmentPages, _header.Literals - first) * PageSize.Bytes];
        SegmentCoder.Decompress(codec, stored, pages, Prefix(segment));
        foreach (var run in _uses[segment])
            _targets[(int)run.Space]!.Write(run.Start * PageSize.Bytes, pages.AsSpan((int)(run.From - first) * PageSize.Bytes, (int)run.Count * PageSize.Bytes));
    }

    /// <summary>Writes what is zero or elsewhere in the base.</summary>
    public void Copy(CancellationToken ct)
    {
        const int most = 256;
        var buffer = new byte[most * PageSize.Bytes];
        foreach (var run in _copies)
            for (var done = 0L; done < run.Count; done += most)
            {
                ct.ThrowIfCancellationRequested();
                var pages = buffer.AsSpan(0, (int)Math.Min(most, run.Count - done) * PageSize.Bytes);
                if (run.Source == PageSource.Zero)
                    pages.Clear();
                else
                    _base[run.Source].Read((run.From + done) * PageSize.Bytes, pages);
                _targets[(int)run.Space]!.Write((run.Start + done) * PageSize.Bytes, pages);
            }
    }

    private byte[] Prefix(int segment)
    {
        var runs = _references[segment].Where(r => r.Source != PageSource.Zero).ToList();
        var prefix = new byte[(int)runs.Sum(r => r.Count) * PageSize.Bytes];
        var at = 0;
        foreach (var run in runs)
        {
            var length = (int)run.Count * PageSize.Bytes;
            _base[run.Source].Read(run.From * PageSize.Bytes, prefix.AsSpan(at, length));
            at += length;
        }

        return prefix;
    }

    /// <summary>Splits pages that are carried where their segments end.</summary>
    private IEnumerable<(int Segment, long Start, long Count)> Parts(long from, long count)
    {
        for (var start = 0L; start < count;)
        {
            var (segment, within) = Math.DivRem(from + start, _header.SegmentPages);
            var part = Math.Min(count - start, _header.SegmentPages - within);
            yield return ((int)segment, start, part);
            start += part;
        }
    }
}
