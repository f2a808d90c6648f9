using System.Buffers.Binary;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Pages;

/// <summary>Makes the index of a base, in memory that does not grow with it.</summary>
/// <param name="path">File of the index; what is there is replaced in one step.</param>
internal sealed class PageIndexBuilder(string path) : IDisposable
{
    private const int Batch = 256;

    private readonly KeyedPlaces _pages = new($"{path}.pages");
    private readonly KeyedPlaces _features = new($"{path}.features");
    private long _done;

    /// <summary>Takes all pages of a store that are not zero.</summary>
    /// <param name="store">The base's disk or memory.</param>
    /// <param name="space">0, or <see cref="PageIndex.MemoryBit"/>.</param>
    /// <param name="progress">Takes the bytes looked at so far.</param>
    /// <param name="ct">Stops it.</param>
    public void Add(SparseFile store, long space, IProgress<long>? progress, CancellationToken ct)
    {
        var buffer = new byte[Batch * PageSize.Bytes];
        var looks = new Look[Batch];
        foreach (var run in PageRuns.WithData(store))
            for (var page = run.Start; page < run.End; page += Batch)
            {
                ct.ThrowIfCancellationRequested();
                var count = (int)Math.Min(Batch, run.End - page);
                store.Read(page * PageSize.Bytes, buffer.AsSpan(0, count * PageSize.Bytes));
                Parallel.For(0, count, i => looks[i] = new Look(buffer.AsSpan(i * PageSize.Bytes, PageSize.Bytes)));
                for (var i = 0; i < count; i++)
                    Add(looks[i], (page + i) | space);
                progress?.Report(_done += (long)count * PageSize.Bytes);
            }
    }

    /// <summary>Writes the index.</summary>
    public void Publish()
    {
        using var staged = new StagedFile(path);
        using (var file = staged.Open())
        using (var into = new BufferedStream(file, 1 << 20))
        {
            var head = new byte[PageIndex.HeadLength];
            into.Write(head);
            PageIndex.Magic.CopyTo(head);
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(8), WritePages(into));
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), WriteFeatures(into));
            into.Position = 0;
            into.Write(head);
        }

        staged.Publish();
    }

    /// <summary>Removes what waited on the disk.</summary>
    public void Dispose()
    {
        _pages.Dispose();
        _features.Dispose();
    }

    private void Add(Look look, long place)
    {
        if (look.IsZero)
            return;
        _pages.Add(look.Hash, place);
        foreach (var feature in look.Features)
            _features.Add((ulong)feature << 32, place);
    }

    private long WritePages(Stream into)
    {
        Span<byte> entry = stackalloc byte[16];
        ulong? last = null;
        var count = 0L;
        foreach (var (hash, place) in _pages.Sorted())
        {
            if (hash == last)
                continue;
            BinaryPrimitives.WriteUInt64LittleEndian(entry, hash);
            BinaryPrimitives.WriteInt64LittleEndian(entry[8..], place);
            into.Write(entry[..PageIndex.PageEntry]);
            (last, count) = (hash, count + 1);
        }

        return count;
    }

    private long WriteFeatures(Stream into)
    {
        Span<byte> entry = stackalloc byte[12];
        var (last, alike, count) = ((ulong?)null, 0, 0L);
        foreach (var (key, place) in _features.Sorted())
        {
            alike = key == last ? alike + 1 : 0;
            last = key;
            if (alike >= PageIndex.MostAlike)
                continue;
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)(key >> 32));
            BinaryPrimitives.WriteInt64LittleEndian(entry[4..], place);
            into.Write(entry[..PageIndex.FeatureEntry]);
            count++;
        }

        return count;
    }

    /// <summary>What is kept of a page.</summary>
    private readonly struct Look
    {
        public Look(ReadOnlySpan<byte> page)
        {
            IsZero = !page.ContainsAnyExcept((byte)0);
            Hash = IsZero ? 0 : PageHash.Of(page);
            Span<uint> features = stackalloc uint[PageFeatures.Count];
            Features = IsZero ? [] : features[..PageFeatures.Of(page, features)].ToArray();
        }

        public bool IsZero { get; }

        public ulong Hash { get; }

        public uint[] Features { get; }
    }
}
