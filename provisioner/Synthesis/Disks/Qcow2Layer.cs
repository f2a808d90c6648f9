using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Disks;

/// <summary>
/// Writes a new layer over a raw disk as a qcow2 file (QEMU, docs/interop/qcow2.txt, version 3 with extended L2 entries): 128 KiB clusters
/// of 32 parts, so that one page can be in the layer while its neighbours are still the base's. Pages may be written in any order, from
/// several threads. QEMU 5.2 and newer reads it. The file is a valid empty layer from the start, so QEMU may have it open while it waits
/// for a VM's state; it reads the tables again after the state was loaded, as after a migration.
/// </summary>
public sealed class Qcow2Layer : IPageWriter, IDisposable
{
    private const int ClusterBits = 17,
        ClusterSize = 1 << ClusterBits;
    private const int EntryLength = 16,
        EntriesOfTable = ClusterSize / EntryLength,
        PagesOfCluster = ClusterSize / PageSize.Bytes;
    private const int CountsOfBlock = ClusterSize / 2; // 16-bit reference counts
    private const ulong IsExclusive = 1UL << 63; // "copied": its reference count is 1
    private const int HeaderLength = 112;
    private const int FirstTable = 1,
        CountsTable = 2,
        FirstCounts = 3; // clusters at fixed positions; cluster 0 is the header

    private readonly Lock _lock = new();
    private readonly SparseFile _file;
    private readonly Dictionary<long, Cluster> _clusters = [];
    private readonly string _basePath;
    private long _next = FirstCounts + 1;

    /// <summary>Creates the file. Unsupported for disks of more than 16 TiB.</summary>
    /// <param name="path">The new file.</param>
    /// <param name="basePath">Path of the raw disk below, as QEMU opens it; at most 1023 bytes.</param>
    /// <param name="length">Bytes of either disk.</param>
    public Qcow2Layer(string path, string basePath, long length)
    {
        if (DiskSize.Problem(length) is { } problem)
            throw new CloudletException(ErrorKind.Unsupported, $"can't make a layer over the base's disk: {problem}.");
        (_basePath, Length) = (basePath, length);
        _file = SparseFile.Create(path, 0);
        WriteHeader();
        Finish();
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> pages)
    {
        while (pages.Length > 0)
        {
            var (number, within) = Math.DivRem(offset, ClusterSize);
            var part = pages[..(int)Math.Min(ClusterSize - within, pages.Length)];
            if (part.ContainsAnyExcept((byte)0))
                _file.Write((Place(number, within, part.Length) * ClusterSize) + within, part);
            else
                Clear(number, within, part.Length);
            offset += part.Length;
            pages = pages[part.Length..];
        }
    }

    /// <summary>
    /// Writes the tables for the pages written so far; no page may be written at the same time. There is no fsync: a power cut ends the VM,
    /// and with it the use of its layer.
    /// </summary>
    public void Finish()
    {
        var tables = new byte[ClusterSize];
        foreach (var (number, place) in WriteTables())
            BinaryPrimitives.WriteUInt64BigEndian(tables.AsSpan((int)number * 8), ((ulong)place << ClusterBits) | IsExclusive);
        WriteCounts();
        _file.Write(FirstTable * ClusterSize, tables);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>Allocates the file's cluster for a cluster of the disk, and marks the parts as written.</summary>
    private long Place(long number, long within, int length)
    {
        lock (_lock)
        {
            var cluster = _clusters.GetValueOrDefault(number);
            var host = cluster.Host != 0 ? cluster.Host : _next++;
            var parts = Parts(within, length);
            _clusters[number] = new Cluster(host, cluster.Written | parts, cluster.Zero & ~parts);
            return host;
        }
    }

    private void Clear(long number, long within, int length)
    {
        lock (_lock)
        {
            var cluster = _clusters.GetValueOrDefault(number);
            var parts = Parts(within, length);
            _clusters[number] = cluster with { Written = cluster.Written & ~parts, Zero = cluster.Zero | parts };
        }
    }

    private static uint Parts(long within, int length) =>
        (uint)(((1UL << (length / PageSize.Bytes)) - 1) << (int)(within / PageSize.Bytes));

    /// <summary>Writes the level 2 tables. Returns the cluster of each by its number.</summary>
    private Dictionary<long, long> WriteTables()
    {
        var places = new Dictionary<long, long>();
        foreach (var table in _clusters.GroupBy(c => c.Key / EntriesOfTable))
        {
            var bytes = new byte[ClusterSize];
            foreach (var (number, cluster) in table)
            {
                var entry = bytes.AsSpan((int)(number % EntriesOfTable) * EntryLength);
                BinaryPrimitives.WriteUInt64BigEndian(entry, cluster.Host == 0 ? 0 : ((ulong)cluster.Host << ClusterBits) | IsExclusive);
                BinaryPrimitives.WriteUInt64BigEndian(entry[8..], ((ulong)cluster.Zero << 32) | cluster.Written);
            }

            places[table.Key] = Append(bytes);
        }

        return places;
    }

    /// <summary>Writes the reference counts: 1 for every cluster of the file, including their own.</summary>
    private void WriteCounts()
    {
        var blocks = 1L;
        while ((_next + blocks - 1 + CountsOfBlock - 1) / CountsOfBlock > blocks)
            blocks++;
        var (first, end) = (_next, _next + blocks - 1);
        var places = new byte[ClusterSize];
        for (var block = 0L; block < blocks; block++)
        {
            var counts = new byte[ClusterSize];
            for (var i = 0; i < CountsOfBlock && (block * CountsOfBlock) + i < end; i++)
                counts[(i * 2) + 1] = 1;
            var place = block == 0 ? FirstCounts : first + block - 1;
            _file.Write(place * ClusterSize, counts);
            BinaryPrimitives.WriteInt64BigEndian(places.AsSpan((int)block * 8), place * ClusterSize);
        }

        _next = end;
        _file.Write(CountsTable * ClusterSize, places);
    }

    private void WriteHeader()
    {
        const uint backingFormat = 0xE2792ACA;
        var name = Encoding.UTF8.GetBytes(_basePath);
        var header = new byte[ClusterSize];
        var into = header.AsSpan();
        BinaryPrimitives.WriteUInt32BigEndian(into, 0x514649fb); // QFI\xfb
        BinaryPrimitives.WriteInt32BigEndian(into[4..], 3);
        BinaryPrimitives.WriteInt64BigEndian(into[8..], HeaderLength + 24);
        BinaryPrimitives.WriteInt32BigEndian(into[16..], name.Length);
        BinaryPrimitives.WriteInt32BigEndian(into[20..], ClusterBits);
        BinaryPrimitives.WriteInt64BigEndian(into[24..], Length);
        BinaryPrimitives.WriteInt32BigEndian(
            into[36..],
            (int)((Length + ((long)EntriesOfTable * ClusterSize) - 1) / ((long)EntriesOfTable * ClusterSize))
        );
        BinaryPrimitives.WriteInt64BigEndian(into[40..], FirstTable * ClusterSize);
        BinaryPrimitives.WriteInt64BigEndian(into[48..], CountsTable * ClusterSize);
        BinaryPrimitives.WriteInt32BigEndian(into[56..], 1); // clusters of the table of counts
        BinaryPrimitives.WriteInt64BigEndian(into[72..], 1 << 4); // incompatible feature: extended L2 entries
        BinaryPrimitives.WriteInt32BigEndian(into[96..], 4); // reference counts of 2^4 bits
        BinaryPrimitives.WriteInt32BigEndian(into[100..], HeaderLength);
        BinaryPrimitives.WriteUInt32BigEndian(into[HeaderLength..], backingFormat);
        BinaryPrimitives.WriteInt32BigEndian(into[(HeaderLength + 4)..], 3);
        "raw"u8.CopyTo(into[(HeaderLength + 8)..]);
        name.CopyTo(into[(HeaderLength + 24)..]); // after the 8 zero bytes that end the extensions
        _file.Write(0, header);
    }

    private long Append(byte[] cluster)
    {
        _file.Write(_next * ClusterSize, cluster);
        return _next++;
    }

    /// <summary>A cluster of the disk.</summary>
    /// <param name="Host">Its cluster in the file; 0 for none.</param>
    /// <param name="Written">A bit for each part that is stored.</param>
    /// <param name="Zero">A bit for each part that is zero.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Cluster(long Host, uint Written, uint Zero);
}
