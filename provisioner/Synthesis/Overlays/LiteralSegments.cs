using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Collects carried pages into segments, codes them on all processors, and writes them in order. Consecutive pages of content moved from
/// the base share one segment, up to the limit; others form segments of <see cref="SegmentCoder.SegmentPages"/>.
/// </summary>
/// <param name="into">Receives the segments.</param>
/// <param name="coder">Compresses them.</param>
/// <param name="baseVm">The base.</param>
/// <param name="index">Its index; null for a base of zeros.</param>
internal sealed class LiteralSegments(Stream into, SegmentCoder coder, OverlayBase baseVm, PageIndex? index) : ILiteralSink, IDisposable
{
    private static readonly int Workers = Environment.ProcessorCount;

    private readonly PagesCoder _coder = new(coder, baseVm, index);
    private readonly Queue<Task<IReadOnlyList<CodedGroup>>> _underWay = [];
    private readonly ConcurrentBag<PageBatch> _idle = [];
    private readonly SemaphoreSlim _working = new(Workers); // each may use 50 MiB
    private readonly List<OverlaySegment> _done = [];
    private readonly List<IReadOnlyList<BaseRange>> _ranges = [];
    private PageBatch _open = new() { IsFirst = true };
    private volatile int _modelled;

    /// <summary>The ranges that each segment was encoded against; complete after <see cref="Finish"/>.</summary>
    public IReadOnlyList<IReadOnlyList<BaseRange>> Ranges => _ranges;

    /// <inheritdoc/>
    public void Add(PageSpace space, long page, ReadOnlySpan<byte> content)
    {
        _open.Add(space, page, content);
        if (_open.IsFull)
            Close();
    }

    /// <summary>Writes the remaining segments, and returns all.</summary>
    public IReadOnlyList<OverlaySegment> Finish()
    {
        if (_open.Count > 0)
            Close();
        while (_underWay.Count > 0)
            WriteNext();
        return _done;
    }

    /// <summary>Waits for running tasks, because the caller closes the base and its index next.</summary>
    public void Dispose()
    {
        WorkUnderWay.Drain(_underWay);
        _working.Dispose();
    }

    private void Close()
    {
        var batch = _open;
        while (_underWay.Count >= Workers)
            WriteNext();
        _underWay.Enqueue(CodeAsync(batch));
        _open = _idle.TryTake(out var used) ? used : new PageBatch();
        _open.IsFirst = false;
    }

    private async Task<IReadOnlyList<CodedGroup>> CodeAsync(PageBatch batch)
    {
        var groups = await OneOfAsync(() => _coder.Groups(batch));
        var coded = await Task.WhenAll(groups.Select(g => OneOfAsync(() => _coder.Code(batch, g, CopySegment.MostModelled - _modelled))));
        batch.Clear();
        _idle.Add(batch);
        return coded;
    }

    private async Task<T> OneOfAsync<T>(Func<T> work)
    {
        await _working.WaitAsync();
        try
        {
            return await Task.Run(work);
        }
        finally
        {
            _working.Release();
        }
    }

    /// <summary>
    /// Writes the next segment in order, so that the segments that are modelled, within the limit, do not depend on timing.
    /// </summary>
    private void WriteNext()
    {
        foreach (var group in _underWay.Dequeue().GetAwaiter().GetResult())
        {
            var isModelled = group.Modelled is not null && group.Bytes <= CopySegment.MostModelled - _modelled;
            _modelled += isModelled ? group.Bytes : 0;
            foreach (var coded in isModelled ? [group.Modelled!] : group.Segments)
            {
                into.Write(coded.Stored);
                var digest = SHA256.HashData(coded.Stored);
                _done.Add(
                    new OverlaySegment(SegmentKind.Literals, coded.Pages * PageSize.Bytes, coded.Stored.Length, digest)
                    {
                        Codec = coded.Codec,
                    }
                );
                _ranges.Add(coded.Ranges);
            }
        }
    }
}

/// <summary>Carried pages with their places in the VM.</summary>
internal sealed class PageBatch
{
    private const int Most = OverlayHeader.MostSegmentPages;

    private readonly byte[] _pages = new byte[Most * PageSize.Bytes];
    private readonly List<(PageSpace Space, long Page)> _places = [];

    /// <summary>Number of pages.</summary>
    public int Count => _places.Count;

    /// <summary>True for the first of an overlay, which may take more time: it adds little to the whole.</summary>
    public bool IsFirst { get; set; }

    /// <summary>True when it is full.</summary>
    public bool IsFull => Count == Most;

    /// <summary>Their places.</summary>
    public List<(PageSpace Space, long Page)> Places => _places;

    /// <summary>Adds a page.</summary>
    public void Add(PageSpace space, long page, ReadOnlySpan<byte> content)
    {
        content.CopyTo(_pages.AsSpan(Count * PageSize.Bytes));
        _places.Add((space, page));
    }

    /// <summary>The content of some pages.</summary>
    public Span<byte> Pages(int first, int count) => _pages.AsSpan(first * PageSize.Bytes, count * PageSize.Bytes);

    /// <summary>Removes all pages.</summary>
    public void Clear() => _places.Clear();
}
