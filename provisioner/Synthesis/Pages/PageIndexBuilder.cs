using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Pages;

/// <summary>Makes the index of a base in constant memory.</summary>
/// <param name="path">File of the index; an existing one is replaced atomically.</param>
internal sealed class PageIndexBuilder(string path) : IDisposable
{
    private const int Batch = 256,
        InBucket = 64;

    private readonly ExternalSorter _pages = new($"{path}.pages");
    private readonly ExternalSorter _features = new($"{path}.features");
    private readonly ExternalSorter _anchors = new($"{path}.anchors");
    private long _done,
        _anchorsTaken;

    /// <summary>Adds all pages of a store that are not zero.</summary>
    /// <param name="store">The base's disk or memory.</param>
    /// <param name="space">0, or <see cref="PageIndex.MemoryBit"/>.</param>
    /// <param name="progress">Receives the number of bytes read so far.</param>
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
            var buckets = new long[BitOperations.RoundUpToPowerOf2((ulong)(_anchorsTaken / InBucket) + 1)];
            var head = new byte[PageIndex.HeadLength];
            into.Write(head);
            PageIndex.Magic.CopyTo(head);
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(8), WritePages(into));
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), WriteFirst(into, _features, PageIndex.MostAlike));
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(24), WriteFirst(into, _anchors, 1, buckets));
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(32), buckets.Length);
            into.Write(MemoryMarshal.AsBytes(buckets.AsSpan()));
            into.Position = 0;
            into.Write(head);
        }

        staged.Publish();
    }

    /// <summary>Removes the temporary files.</summary>
    public void Dispose()
    {
        _pages.Dispose();
        _features.Dispose();
        _anchors.Dispose();
    }

    private void Add(Look look, long place)
    {
        if (look.IsZero)
            return;
        _pages.Add(look.Hash, place);
        foreach (var feature in look.Features)
            _features.Add((ulong)feature << 32, place);
        foreach (var anchor in look.Anchors)
            _anchors.Add((ulong)anchor << 32, place);
        _anchorsTaken += look.Anchors.Length;
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

    /// <summary>Writes keys with their places; returns their number.</summary>
    /// <param name="into">Receives the entries.</param>
    /// <param name="keys">The keys, in the upper half of their 64 bits.</param>
    /// <param name="most">Most places of one key.</param>
    /// <param name="buckets">Receives the number of the first entry of each bucket; empty for none.</param>
    private static long WriteFirst(Stream into, ExternalSorter keys, int most, Span<long> buckets = default)
    {
        Span<byte> entry = stackalloc byte[12];
        var (last, places, count, bucket) = ((ulong?)null, 0, 0L, 0L);
        foreach (var (key, place) in keys.Sorted())
        {
            places = key == last ? places + 1 : 0;
            last = key;
            if (places >= most)
                continue;
            for (var own = buckets.IsEmpty ? 0 : PageIndex.Bucket((uint)(key >> 32), buckets.Length) + 1; bucket < own; bucket++)
                buckets[(int)bucket] = count;
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)(key >> 32));
            BinaryPrimitives.WriteInt64LittleEndian(entry[4..], place);
            into.Write(entry[..PageIndex.FeatureEntry]);
            count++;
        }

        if (!buckets.IsEmpty)
            buckets[(int)bucket..].Fill(count);
        return count;
    }

    /// <summary>Hash, features and anchors of a page.</summary>
    private readonly struct Look
    {
        public Look(ReadOnlySpan<byte> page)
        {
            IsZero = !page.ContainsAnyExcept((byte)0);
            Hash = IsZero ? 0 : PageHash.Of(page);
            Span<uint> features = stackalloc uint[PageFeatures.Count];
            Features = IsZero ? [] : features[..PageFeatures.Of(page, features)].ToArray();
            Anchors = IsZero ? [] : KeysOf(page);
        }

        public bool IsZero { get; }

        public ulong Hash { get; }

        public uint[] Features { get; }

        public uint[] Anchors { get; }

        private static uint[] KeysOf(ReadOnlySpan<byte> page)
        {
            Span<PageAnchor> anchors = stackalloc PageAnchor[PageAnchors.Most];
            var keys = new uint[PageAnchors.Of(page, anchors)];
            for (var i = 0; i < keys.Length; i++)
                keys[i] = anchors[i].Key;
            return keys;
        }
    }
}
