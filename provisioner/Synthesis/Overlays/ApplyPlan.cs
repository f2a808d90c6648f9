using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>An inverted page map: where the pages of each segment go, and what is copied without a segment.</summary>
internal sealed class ApplyPlan
{
    private readonly OverlayHeader _header;
    private readonly OverlayBase _base;
    private readonly IPageWriter?[] _targets;
    private readonly IEnumerable<MapRun> _copies; // not a list: a file of a few KiB may have millions of them
    private readonly SegmentUses _uses;
    private readonly long[] _starts;
    private readonly IReadOnlyList<IReadOnlyList<BaseRange>> _ranges;
    private int _modelled;

    public ApplyPlan(PageMap map, OverlayHeader header, OverlayBase baseVm, IPageWriter disk, IPageWriter? memory)
    {
        (_header, _base, _targets, _ranges, _starts) = (header, baseVm, [disk, memory], map.Ranges, header.LiteralStarts());
        _uses = new SegmentUses(map.Runs, _starts);
        _copies = map.Runs.Where(r => r.Source != PageSource.Literal);
    }

    /// <summary>Decodes a segment and writes its pages to all their places.</summary>
    /// <param name="segment">Its number among those of carried pages.</param>
    /// <param name="codec">How it is compressed.</param>
    /// <param name="stored">Its bytes, whose digest was verified.</param>
    public void Decode(int segment, SegmentCodec codec, ReadOnlySpan<byte> stored)
    {
        var first = _starts[segment];
        using var rented = new RentedBytes((int)(_starts[segment + 1] - first) * PageSize.Bytes);
        var pages = rented.Span;
        try
        {
            Decompress(segment, codec, stored, pages);
        }
        catch (CloudletException e) when (e is { Kind: ErrorKind.InvalidInput } and not OverlayRefusedException)
        {
            throw CopyParts.Refused($"content that can't be decoded ({e.Message})", inner: e);
        }

        foreach (var (run, start, count) in _uses.Of(segment))
            _targets[(int)run.Space]!.Write(
                (run.Start + start) * PageSize.Bytes,
                pages.Slice((int)(run.From + start - first) * PageSize.Bytes, (int)count * PageSize.Bytes)
            );
    }

    private void Decompress(int segment, SegmentCodec codec, ReadOnlySpan<byte> stored, Span<byte> pages)
    {
        if (codec is SegmentCodec.Copies or SegmentCodec.ModelledCopies)
        {
            CopySegment.Decompress(codec, stored, pages, _base, AllowModelled);
            return;
        }

        using var against = new RentedBytes(_ranges[segment].Sum(r => r.Length));
        _base.Read(_ranges[segment], against.Span);
        SegmentCoder.Decompress(codec, stored, pages, against.Span);
    }

    /// <summary>Limits the time of decoding: a small malicious file could keep the processors busy for days.</summary>
    private void AllowModelled(int bytes)
    {
        var sum = Interlocked.Add(ref _modelled, bytes);
        if (sum is < 0 or > CopySegment.MostModelled)
            throw OverlayRefusedException.Damaged(
                OverlayRefusalCode.TooMuchModelled,
                "decoding its modelled bytes would take too long",
                $"{CopySegment.MostModelled} bytes at most",
                $"{(uint)sum} or more"
            );
    }

    /// <summary>
    /// Writes pages that are zero or copies of other pages of the base. Zeros are not written to holes of the base: a file of a few bytes
    /// may have any number of them.
    /// </summary>
    public void Copy(CancellationToken ct)
    {
        const int most = 256;
        var buffer = new byte[most * PageSize.Bytes];
        foreach (var run in Zeros(PageSpace.Disk).Concat(Zeros(PageSpace.Memory)).Concat(_copies.Where(r => !IsZero(r))))
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

    private bool IsZero(MapRun run) => run.Source == PageSource.Zero || _header.BaseId == OverlayHeader.NoBase;

    /// <summary>Pages that become zero and may not be zero in the base.</summary>
    private IEnumerable<MapRun> Zeros(PageSpace space)
    {
        var runs = _copies.Where(r => r.Space == space && IsZero(r)).Select(r => new PageRun(r.Start, r.Count)).ToList();
        return runs.Count == 0
            ? []
            : PageRuns.Both(runs, _base.WithData(space)).Select(r => new MapRun(space, r.Start, r.Count, PageSource.Zero, 0));
    }
}
