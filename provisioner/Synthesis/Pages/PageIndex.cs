using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Pages;

/// <summary>
/// Finds the pages of a base by their content. A file beside the base, made from it and made again when it is missing or damaged: 16 bytes (magic, number of entries), then hashes in ascending order (8 bytes each), then for each the page
/// it belongs to (5 bytes: bit 39 for memory, the number below). Only the first of equal pages is in it, and no zero page.
/// </summary>
internal sealed class PageIndex : IDisposable
{
    private const int Head = 16, EntryLength = 13, PlaceLength = 5;
    private const long MemoryBit = 1L << 39;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly unsafe byte* _start;

    private unsafe PageIndex(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        Count = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(_start + 8, 8));
    }

    private static ReadOnlySpan<byte> Magic => "CLDLTIX1"u8;

    /// <summary>Pages in it.</summary>
    public long Count { get; }

    /// <summary>Opens an index; null when there is none that can be used.</summary>
    public static PageIndex? TryOpen(string path)
    {
        if (!File.Exists(path))
            return null;
        Span<byte> head = stackalloc byte[Head];
        using (var file = File.OpenHandle(path))
        {
            var length = RandomAccess.GetLength(file);
            if (RandomAccess.Read(file, head, 0) != Head || !head.StartsWith(Magic) || (length - Head) / EntryLength != BinaryPrimitives.ReadInt64LittleEndian(head[8..]) || (length - Head) % EntryLength != 0)
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
        var hashes = new List<ulong>();
        var places = new List<long>();
        var done = Scan(disk, 0, hashes, places, 0, progress, ct);
        if (memory is not null)
            Scan(memory, MemoryBit, hashes, places, done, progress, ct);
        var sorted = CollectionsMarshal.AsSpan(hashes);
        var order = CollectionsMarshal.AsSpan(places);
        sorted.Sort(order);
        Write(path, sorted, order);
    }

    /// <summary>A page of the base that has this hash, and so most likely this content.</summary>
    public unsafe (PageSource Source, long Page)? Find(ulong hash)
    {
        long low = 0, high = Count - 1;
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            var there = HashAt(middle);
            if (there == hash)
            {
                var place = new ReadOnlySpan<byte>(_start + Head + (Count * 8) + (middle * PlaceLength), PlaceLength);
                var page = BinaryPrimitives.ReadUInt32LittleEndian(place) | ((long)place[4] << 32);
                return (page & MemoryBit) != 0 ? (PageSource.BaseMemory, page & ~MemoryBit) : (PageSource.BaseDisk, page);
            }

            if (there < hash)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return null;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private unsafe ulong HashAt(long entry) => BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(_start + Head + (entry * 8), 8));

    private static long Scan(SparseFile file, long space, List<ulong> hashes, List<long> places, long done, IProgress<long>? progress, CancellationToken ct)
    {
        var buffer = new byte[256 * PageSize.Bytes];
        foreach (var run in PageRuns.WithData(file))
            for (var page = run.Start; page < run.End; page += 256)
            {
                ct.ThrowIfCancellationRequested();
                var batch = buffer.AsSpan(0, (int)Math.Min(256, run.End - page) * PageSize.Bytes);
                file.Read(page * PageSize.Bytes, batch);
                for (var i = 0; i < batch.Length / PageSize.Bytes; i++)
                    if (batch.Slice(i * PageSize.Bytes, PageSize.Bytes) is var content && content.ContainsAnyExcept((byte)0))
                    {
                        hashes.Add(PageHash.Of(content));
                        places.Add((page + i) | space);
                    }

                progress?.Report(done += batch.Length);
            }

        return done;
    }

    private static void Write(string path, ReadOnlySpan<ulong> hashes, ReadOnlySpan<long> places)
    {
        var distinct = new List<int>(hashes.Length);
        for (var i = 0; i < hashes.Length; i++)
            if (i == 0 || hashes[i] != hashes[i - 1])
                distinct.Add(i);
            else if (places[i] < places[distinct[^1]])
                distinct[^1] = i; // Sorting is not stable, and the first page is the one that runs begin with.
        var head = new byte[Head];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(8), distinct.Count);
        using var staged = new StagedFile(path);
        using (var into = new BufferedStream(staged.Open(), 1 << 20))
        {
            Span<byte> number = stackalloc byte[8];
            into.Write(head);
            foreach (var i in distinct)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(number, hashes[i]);
                into.Write(number);
            }

            foreach (var i in distinct)
            {
                BinaryPrimitives.WriteInt64LittleEndian(number, places[i]);
                into.Write(number[..PlaceLength]);
            }
        }

        staged.Publish();
    }
}
