using System.Security.Cryptography;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Collects carried pages into segments, compresses these on all processors, and writes them in their order.</summary>
/// <param name="into">Where they go.</param>
/// <param name="level">Of Zstandard.</param>
/// <param name="segmentPages">Pages of a segment.</param>
internal sealed class LiteralSegments(Stream into, int level, int segmentPages) : ILiteralSink
{
    private static readonly int Workers = Environment.ProcessorCount;

    private readonly Queue<Task<byte[]>> _underWay = [];
    private readonly Queue<int> _lengths = [];
    private readonly List<OverlaySegment> _done = [];
    private byte[] _pages = new byte[segmentPages * PageSize.Bytes];
    private byte[] _references = new byte[segmentPages * PageSize.Bytes];
    private int _length, _referenceLength;

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> content, ReadOnlySpan<byte> reference)
    {
        content.CopyTo(_pages.AsSpan(_length));
        reference.CopyTo(_references.AsSpan(_referenceLength));
        _length += content.Length;
        _referenceLength += reference.Length;
        if (_length == _pages.Length)
            Close();
    }

    /// <summary>Writes what is left, and returns all segments.</summary>
    public IReadOnlyList<OverlaySegment> Finish()
    {
        if (_length > 0)
            Close();
        while (_underWay.Count > 0)
            WriteNext();
        return _done;
    }

    private void Close()
    {
        var (pages, length, references, referenceLength) = (_pages, _length, _references, _referenceLength);
        while (_underWay.Count > Workers)
            WriteNext();
        _lengths.Enqueue(length);
        var compression = Task.Run(() =>
        {
            using var compressor = new ZstdCompressor(level);
            return compressor.Compress(pages.AsSpan(0, length), references.AsSpan(0, referenceLength));
        });
        _underWay.Enqueue(compression);
        (_pages, _references) = (new byte[pages.Length], new byte[references.Length]);
        (_length, _referenceLength) = (0, 0);
    }

    private void WriteNext()
    {
        var stored = _underWay.Dequeue().GetAwaiter().GetResult();
        into.Write(stored);
        _done.Add(new OverlaySegment(SegmentKind.Literals, _lengths.Dequeue(), stored.Length, SHA256.HashData(stored)));
    }
}
