using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Cloudlet.Synthesis.Overlays;

namespace Cloudlet.Synthesis.Pages;

/// <summary>
/// Finds the pages of a base by their content, and by what they have in common with others. A file beside the base, made from it and made again when it is missing or damaged: 24 bytes (magic, number of pages, number of features), the
/// pages in ascending order of their hashes (8 bytes hash, 5 bytes place: bit 39 for memory, the number below), then the features in ascending order (4 bytes feature, 5 bytes place). Only the first of equal pages is in it, no zero page,
/// and of pages with one feature the first few.
/// </summary>
internal sealed class PageIndex : IDisposable
{
    /// <summary>In a place: it is a page of the memory.</summary>
    public const long MemoryBit = 1L << 39;

    /// <summary>Pages of one feature, at most: what many pages have says little.</summary>
    public const int MostAlike = 8;

    /// <summary>Bytes of the head, of a page's entry, of a feature's.</summary>
    public const int HeadLength = 24, PageEntry = 13, FeatureEntry = 9;

    private const int PlaceLength = 5;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly unsafe byte* _start;
    private readonly long _featureCount;

    private unsafe PageIndex(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        Count = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(_start + 8, 8));
        _featureCount = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(_start + 16, 8));
    }

    /// <summary>How the file begins.</summary>
    public static ReadOnlySpan<byte> Magic => "CLDLTIX2"u8;

    /// <summary>Pages in it.</summary>
    public long Count { get; }

    /// <summary>Opens an index; null when there is none that can be used.</summary>
    public static PageIndex? TryOpen(string path)
    {
        if (!File.Exists(path))
            return null;
        Span<byte> head = stackalloc byte[HeadLength];
        using (var file = File.OpenHandle(path))
        {
            if (RandomAccess.Read(file, head, 0) != HeadLength || !head.StartsWith(Magic))
                return null;
            var (pages, features) = (BinaryPrimitives.ReadInt64LittleEndian(head[8..]), BinaryPrimitives.ReadInt64LittleEndian(head[16..]));
            if (pages < 0 || features < 0 || (Int128)HeadLength + ((Int128)pages * PageEntry) + ((Int128)features * FeatureEntry) != RandomAccess.GetLength(file))
                return null;
        }

        return new PageIndex(MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read));
    }

    /// <summary>Makes an index; what was there is replaced in one step.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="disk">The base's disk.</param>
    /// <param name="memory">Its memory, if it has one.</param>
    /// <param name="progress">Takes the bytes looked at so far.</param>
    /// <param name="ct">Stops it.</param>
    public static void Build(string path, SparseFile disk, SparseFile? memory, IProgress<long>? progress, CancellationToken ct)
    {
        using var builder = new PageIndexBuilder(path);
        builder.Add(disk, 0, progress, ct);
        if (memory is not null)
            builder.Add(memory, MemoryBit, progress, ct);
        builder.Publish();
    }

    /// <summary>A page of the base that has this hash, and so most likely this content.</summary>
    public (PageSource Source, long Page)? Find(ulong hash)
    {
        var at = First(Count, i => HashAt(i) < hash);
        return at < Count && HashAt(at) == hash ? PlaceAt(HeadLength + (at * PageEntry) + sizeof(ulong)) : null;
    }

    /// <summary>Pages of the base that have this feature, <see cref="MostAlike"/> at most.</summary>
    public IEnumerable<(PageSource Source, long Page)> Alike(uint feature)
    {
        for (var at = First(_featureCount, i => FeatureAt(i) < feature); at < _featureCount && FeatureAt(at) == feature; at++)
            yield return PlaceAt(Features + (at * FeatureEntry) + sizeof(uint));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private long Features => HeadLength + (Count * PageEntry);

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

    private unsafe ulong HashAt(long entry) => BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(_start + HeadLength + (entry * PageEntry), sizeof(ulong)));

    private unsafe uint FeatureAt(long entry) => BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_start + Features + (entry * FeatureEntry), sizeof(uint)));

    private unsafe (PageSource Source, long Page) PlaceAt(long offset)
    {
        var place = new ReadOnlySpan<byte>(_start + offset, PlaceLength);
        var page = BinaryPrimitives.ReadUInt32LittleEndian(place) | ((long)place[4] << 32);
        return (page & MemoryBit) != 0 ? (PageSource.BaseMemory, page & ~MemoryBit) : (PageSource.BaseDisk, page);
    }
}
