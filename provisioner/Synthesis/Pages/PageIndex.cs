using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Cloudlet.Synthesis.Pages;

/// <summary>
/// Finds pages of a base by content, by features and by anchors. It is a file next to the base, made from it, and made again when it is
/// missing or damaged. Layout: 40 bytes (magic, number of pages, of features, of anchors, of buckets); the pages in ascending order of
/// their hashes (8 bytes hash, 5 bytes place: bit 39 for memory, page number below); the features in ascending order (4 bytes feature, 5
/// bytes place); the anchors in the same way; and for every bucket, which has the anchors with the same first bits, the number of its first
/// anchor (8 bytes). Zero pages are left out. Of equal pages and equal anchors only the first is in it, of pages with a common feature the
/// first few.
/// </summary>
internal sealed class PageIndex : IDisposable
{
    /// <summary>Set in a place for a page of the memory.</summary>
    public const long MemoryBit = 1L << 39;

    /// <summary>Most pages of one feature: a frequent feature identifies nothing.</summary>
    public const int MostAlike = 8;

    /// <summary>Bytes of the head, and of the entries of a page and a feature.</summary>
    public const int HeadLength = 40,
        PageEntry = 13,
        FeatureEntry = 9;

    private const int PlaceLength = 5;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly unsafe byte* _start;
    private readonly long _featureCount,
        _anchorCount,
        _bucketCount;

    private unsafe PageIndex(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        Count = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(_start + 8, 8));
        _featureCount = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(_start + 16, 8));
        _anchorCount = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(_start + 24, 8));
        _bucketCount = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(_start + 32, 8));
    }

    /// <summary>Magic of the file.</summary>
    public static ReadOnlySpan<byte> Magic => "CLDLTIX3"u8;

    /// <summary>Number of pages in it.</summary>
    public long Count { get; }

    /// <summary>Opens an index; null when it is missing or unusable.</summary>
    public static PageIndex? TryOpen(string path)
    {
        if (!File.Exists(path))
            return null;
        Span<byte> head = stackalloc byte[HeadLength];
        using (var file = File.OpenHandle(path))
        {
            if (RandomAccess.Read(file, head, 0) != HeadLength || !head.StartsWith(Magic))
                return null;
            if (!IsWhole(MemoryMarshal.Cast<byte, long>(head)[1..], RandomAccess.GetLength(file)))
                return null;
        }

        return new PageIndex(MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read));
    }

    private static bool IsWhole(ReadOnlySpan<long> counts, long length) =>
        counts is [>= 0 and var pages, >= 0 and var features, >= 0 and var anchors, > 0 and <= 1L << 32 and var buckets]
        && long.IsPow2(buckets)
        && HeadLength + ((Int128)pages * PageEntry) + (((Int128)features + anchors) * FeatureEntry) + ((Int128)buckets * sizeof(long))
            == length;

    /// <summary>Makes an index; an existing one is replaced atomically.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="disk">The base's disk.</param>
    /// <param name="memory">Its memory, if it has one.</param>
    /// <param name="progress">Receives the number of bytes read so far.</param>
    /// <param name="ct">Stops it.</param>
    public static void Build(string path, SparseFile disk, SparseFile? memory, IProgress<long>? progress, CancellationToken ct)
    {
        using var builder = new PageIndexBuilder(path);
        builder.Add(disk, 0, progress, ct);
        if (memory is not null)
            builder.Add(memory, MemoryBit, progress, ct);
        builder.Publish();
    }

    /// <summary>A page of the base with this hash, and so most likely with this content.</summary>
    public (PageSource Source, long Page)? Find(ulong hash)
    {
        var at = First(Count, i => HashAt(i) < hash);
        return at < Count && HashAt(at) == hash ? PlaceAt(HeadLength + (at * PageEntry) + sizeof(ulong)) : null;
    }

    /// <summary>Pages of the base with this feature, at most <see cref="MostAlike"/>.</summary>
    public IEnumerable<(PageSource Source, long Page)> Alike(uint feature)
    {
        for (var at = First(_featureCount, i => KeyAt(Features, i) < feature); at < _featureCount && KeyAt(Features, at) == feature; at++)
            yield return PlaceAt(Features + (at * FeatureEntry) + sizeof(uint));
    }

    /// <summary>The first page of the base with this anchor; null when there is none.</summary>
    public (PageSource Source, long Page)? Anchored(uint key)
    {
        var bucket = Bucket(key, _bucketCount);
        var (at, end) = (FirstOf(bucket), bucket + 1 < _bucketCount ? FirstOf(bucket + 1) : _anchorCount);
        for (; at >= 0 && at < end && at < _anchorCount; at++)
            if (KeyAt(Anchors, at) is var there && there >= key)
                return there == key ? PlaceAt(Anchors + (at * FeatureEntry) + sizeof(uint)) : null;
        return null;
    }

    /// <summary>The bucket of an anchor.</summary>
    /// <param name="key">The anchor.</param>
    /// <param name="buckets">Number of buckets, a power of two.</param>
    public static long Bucket(uint key, long buckets) => (long)(((ulong)key * (ulong)buckets) >> 32);

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private long Features => HeadLength + (Count * PageEntry);

    private long Anchors => Features + (_featureCount * FeatureEntry);

    private static long First(long count, Func<long, bool> isBefore)
    {
        var (low, high) = (0L, count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (isBefore(middle))
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private unsafe ulong HashAt(long entry) =>
        BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(_start + HeadLength + (entry * PageEntry), sizeof(ulong)));

    private unsafe uint KeyAt(long table, long entry) =>
        BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_start + table + (entry * FeatureEntry), sizeof(uint)));

    private unsafe long FirstOf(long bucket) =>
        BinaryPrimitives.ReadInt64LittleEndian(
            new ReadOnlySpan<byte>(_start + Anchors + (_anchorCount * FeatureEntry) + (bucket * sizeof(long)), sizeof(long))
        );

    private unsafe (PageSource Source, long Page) PlaceAt(long offset)
    {
        var place = new ReadOnlySpan<byte>(_start + offset, PlaceLength);
        var page = BinaryPrimitives.ReadUInt32LittleEndian(place) | ((long)place[4] << 32);
        return (page & MemoryBit) != 0 ? (PageSource.BaseMemory, page & ~MemoryBit) : (PageSource.BaseDisk, page);
    }
}
