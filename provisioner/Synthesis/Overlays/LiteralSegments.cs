using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Collects carried pages into segments, finds what they are best encoded against, compresses them on all processors, and writes them in their order.</summary>
/// <param name="into">Where they go.</param>
/// <param name="coder">How.</param>
/// <param name="baseVm">The base.</param>
/// <param name="index">Its index; null for a base of zeros.</param>
internal sealed class LiteralSegments(Stream into, SegmentCoder coder, OverlayBase baseVm, PageIndex? index) : ILiteralSink, IDisposable
{
    private const int Length = SegmentCoder.SegmentPages * PageSize.Bytes;
    private static readonly int Workers = Environment.ProcessorCount;

    private readonly Queue<Task<Coded>> _underWay = [];
    private readonly ConcurrentBag<Batch> _idle = [];
    private readonly List<OverlaySegment> _done = [];
    private readonly List<ReferenceRun> _references = [];
    private Batch _open = new();

    /// <summary>What the pages were encoded against; all of it after <see cref="Finish"/>.</summary>
    public IReadOnlyList<ReferenceRun> References => _references;

    /// <inheritdoc/>
    public void Add(PageSpace space, long page, ReadOnlySpan<byte> content, ReadOnlySpan<byte> before)
    {
        _open.Add(space, page, content, before);
        if (_open.Count == SegmentCoder.SegmentPages)
            Close();
    }

    /// <summary>Writes what is left, and returns all segments.</summary>
    public IReadOnlyList<OverlaySegment> Finish()
    {
        if (_open.Count > 0)
            Close();
        while (_underWay.Count > 0)
            WriteNext();
        return _done;
    }

    /// <summary>Waits for what is under way: whoever called closes the base and its index next.</summary>
    public void Dispose() => WorkUnderWay.Settle(_underWay);

    private void Close()
    {
        var batch = _open;
        while (_underWay.Count > Workers)
            WriteNext();
        _underWay.Enqueue(Task.Run(() => Code(batch)));
        _open = _idle.TryTake(out var used) ? used : new Batch();
    }

    private Coded Code(Batch batch)
    {
        var finder = new ReferenceFinder(baseVm, index);
        var runs = new List<ReferenceRun>();
        var prefix = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            var (space, page) = batch.Places[i];
            var reference = batch.Reference(i);
            var found = finder.Find(space, page, batch.Page(i), reference);
            runs.Add(found);
            if (found.Source == PageSource.Zero)
                continue;
            reference.CopyTo(batch.Reference(prefix++));
        }

        var (codec, stored) = coder.Compress(batch.Pages.AsSpan(0, batch.Count * PageSize.Bytes), batch.References.AsSpan(0, prefix * PageSize.Bytes));
        var segment = new OverlaySegment(SegmentKind.Literals, batch.Count * PageSize.Bytes, stored.Length, SHA256.HashData(stored)) { Codec = codec };
        batch.Places.Clear();
        _idle.Add(batch);
        return new Coded(segment, stored, runs);
    }

    private void WriteNext()
    {
        var (segment, stored, references) = _underWay.Dequeue().GetAwaiter().GetResult();
        into.Write(stored);
        _done.Add(segment);
        foreach (var reference in references)
            if (_references is [.., var last] && last.Source == reference.Source && (reference.Source == PageSource.Zero || last.From + last.Count == reference.From))
                _references[^1] = last with { Count = last.Count + 1 };
            else
                _references.Add(reference);
    }

    private sealed record Coded(OverlaySegment Segment, byte[] Stored, IReadOnlyList<ReferenceRun> References);

    /// <summary>The pages of a segment and the base's at their places.</summary>
    private sealed class Batch
    {
        public byte[] Pages { get; } = new byte[Length];

        public byte[] References { get; } = new byte[Length];

        public List<(PageSpace Space, long Page)> Places { get; } = [];

        public int Count => Places.Count;

        public void Add(PageSpace space, long page, ReadOnlySpan<byte> content, ReadOnlySpan<byte> before)
        {
            content.CopyTo(Page(Count));
            before.CopyTo(Reference(Count));
            Places.Add((space, page));
        }

        public Span<byte> Page(int number) => Pages.AsSpan(number * PageSize.Bytes, PageSize.Bytes);

        public Span<byte> Reference(int number) => References.AsSpan(number * PageSize.Bytes, PageSize.Bytes);
    }
}
