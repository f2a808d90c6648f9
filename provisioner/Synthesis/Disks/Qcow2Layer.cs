using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Disks;

/// <summary>
/// Writes a new layer over a raw disk as a qcow2 file (QEMU, docs/interop/qcow2.txt, version 3 with extended L2 entries): 128 KiB clusters of 32 parts, so that one page can be in the layer while its neighbours are still the
/// base's. Pages may come in any order, from several threads. What it makes is read by QEMU 5.2 and newer.
/// </summary>
public sealed class Qcow2Layer : IPageWriter, IDisposable
{
    private const int ClusterBits = 17, ClusterSize = 1 << ClusterBits;
    private const int EntryLength = 16, EntriesOfTable = ClusterSize / EntryLength, PagesOfCluster = ClusterSize / PageSize.Bytes;
    private const int CountsOfBlock = ClusterSize / 2; // 16-bit reference counts
    private const ulong IsExclusive = 1UL << 63; // "copied": its reference count is 1
    private const int HeaderLength = 112;

    private readonly Lock _turn = new();
    private readonly SparseFile _file;
    private readonly Dictionary<long, Cluster> _clusters = [];
    private readonly string _basePath;
    private long _next = 1; // cluster 0 is the header

    /// <summary>Creates the file.</summary>
    /// <param name="path">Where; there is none yet.</param>
    /// <param name="basePath">Path of the raw disk below, as QEMU will open it; at most 1023 bytes.</param>
    /// <param name="length">Bytes of both.</param>
    public Qcow2Layer(string path, string basePath, long length)
    {
        (_basePath, Length) = (basePath, length);
        _file = SparseFile.Create(path, 0);
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

    /// <summary>Writes the tables. Nothing comes after this.</summary>
    public void Finish()
    {
        var tables = WriteTables();
        var (first, clusters) = WriteFirstTable(tables);
        WriteHeader(first, clusters, WriteCounts());
        _file.Flush();
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>The cluster of the file that holds a cluster of the disk, its parts marked as written.</summary>
    private long Place(long number, long within, int length)
    {
        lock (_turn)
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
        lock (_turn)
        {
            var cluster = _clusters.GetValueOrDefault(number);
            var parts = Parts(within, length);
            _clusters[number] = cluster with { Written = cluster.Written & ~parts, Zero = cluster.Zero | parts };
        }
    }

    private static uint Parts(long within, int length) => (uint)(((1UL << (length / PageSize.Bytes)) - 1) << (int)(within / PageSize.Bytes));

    /// <summary>Level 2: for each table, by its number, the cluster it is in.</summary>
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

    private (long Cluster, int Entries) WriteFirstTable(Dictionary<long, long> tables)
    {
        var covered = (long)EntriesOfTable * ClusterSize;
        var entries = (int)((Length + covered - 1) / covered);
        var bytes = new byte[Math.Max(1, entries) * 8];
        foreach (var (number, place) in tables)
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan((int)number * 8), ((ulong)place << ClusterBits) | IsExclusive);
        return (Append(bytes), entries);
    }

    /// <summary>Reference counts: 1 for every cluster up to the end, these tables included.</summary>
    private (long Table, int Clusters) WriteCounts()
    {
        var (blocks, table) = (0L, 0L);
        for (long all; ;)
        {
            all = _next + blocks + table;
            var (neededBlocks, neededTable) = ((all + CountsOfBlock - 1) / CountsOfBlock, 0L);
            neededTable = ((neededBlocks * 8) + ClusterSize - 1) / ClusterSize;
            if (neededBlocks == blocks && neededTable == table)
                break;
            (blocks, table) = (neededBlocks, neededTable);
        }

        var end = _next + blocks + table;
        var first = _next;
        for (var block = 0L; block < blocks; block++)
        {
            var counts = new byte[ClusterSize];
            for (var i = 0; i < CountsOfBlock && (block * CountsOfBlock) + i < end; i++)
                counts[(i * 2) + 1] = 1;
            Append(counts);
        }

        var places = new byte[table * ClusterSize];
        for (var block = 0; block < blocks; block++)
            BinaryPrimitives.WriteInt64BigEndian(places.AsSpan(block * 8), (first + block) * ClusterSize);
        return (Append(places), (int)table);
    }

    private void WriteHeader(long firstTable, int entries, (long Table, int Clusters) counts)
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
        BinaryPrimitives.WriteInt32BigEndian(into[36..], entries);
        BinaryPrimitives.WriteInt64BigEndian(into[40..], firstTable * ClusterSize);
        BinaryPrimitives.WriteInt64BigEndian(into[48..], counts.Table * ClusterSize);
        BinaryPrimitives.WriteInt32BigEndian(into[56..], counts.Clusters);
        BinaryPrimitives.WriteInt64BigEndian(into[72..], 1 << 4); // incompatible feature: extended L2 entries
        BinaryPrimitives.WriteInt32BigEndian(into[96..], 4); // reference counts of 2^4 bits
        BinaryPrimitives.WriteInt32BigEndian(into[100..], HeaderLength);
        BinaryPrimitives.WriteUInt32BigEndian(into[HeaderLength..], backingFormat);
        BinaryPrimitives.WriteInt32BigEndian(into[(HeaderLength + 4)..], 3);
        "raw"u8.CopyTo(into[(HeaderLength + 8)..]);
        name.CopyTo(into[(HeaderLength + 24)..]); // behind the 8 bytes, all zero, that end the extensions
        _file.Write(0, header);
    }

    private long Append(byte[] bytes)
    {
        var place = _next;
        _file.Write(place * ClusterSize, bytes);
        var clusters = (bytes.Length + ClusterSize - 1) / ClusterSize;
        _next += clusters;
        if (bytes.Length % ClusterSize != 0)
            _file.Write((_next * ClusterSize) - 1, [0]);
        return place;
    }

    /// <summary>A cluster of the disk.</summary>
    /// <param name="Host">The cluster of the file that it is in; 0 for none.</param>
    /// <param name="Written">Its parts that are there, a bit each.</param>
    /// <param name="Zero">Its parts that are zero.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Cluster(long Host, uint Written, uint Zero);
}
