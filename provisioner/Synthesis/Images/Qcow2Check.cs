using System.Buffers.Binary;
using System.Numerics;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Images;

/// <summary>
/// Checks the structure of a qcow2 image (QEMU, docs/interop/qcow2.txt): every cluster that a table refers to is in the file, and the
/// reference counts match the tables exactly. A cluster that is counted but not referred to may have been lost by a damaged table, so it is
/// an error, too. `qemu-img check` finds less, and reads zeros past the end.
/// </summary>
internal sealed class Qcow2Check
{
    private const ulong OffsetBits = 0x00fffffffffffe00,
        Copied = 1UL << 63,
        Compressed = 1UL << 62,
        ReadsZero = 1;
    private const long MostClusters = 1L << 28;
    private const int MostSnapshots = 1 << 16;

    private readonly ImageFile _file;
    private readonly byte[] _header;
    private readonly bool _isExtended;
    private readonly long _cluster;
    private readonly long _size;
    private readonly ushort[] _counts;
    private readonly List<(long Sector, long Count)> _packed = [];
    private long _data;

    private Qcow2Check(ImageFile file, byte[] header)
    {
        (_file, _header) = (file, header);
        _cluster = 1L << (int)header.Big32(20);
        _size = (long)header.Big64(24);
        _isExtended = Version == 3 && (Features & Qcow2Header.Extended) != 0;
        var clusters = Numbers.Parts(file.Length, _cluster);
        if (clusters > MostClusters)
            throw ImageFile.Damaged(
                $"it has {clusters} clusters: expected {MostClusters} at most; convert it with larger clusters "
                    + "(qemu-img convert -O qcow2)"
            );
        _counts = new ushort[clusters];
    }

    private uint Version => _header.Big32(4);

    private ulong Features => _header.Big64(72);

    private long EntryLength => _isExtended ? 16 : 8;

    private long Entries => _cluster / EntryLength;

    /// <summary>Checks an image. InvalidInput when it is incomplete or has an unknown feature.</summary>
    public static ImageFacts Run(ImageFile file)
    {
        var header = Qcow2Header.Read(file);
        return new Qcow2Check(file, header).Run();
    }

    private ImageFacts Run()
    {
        Count(0, 1, "the header");
        var counts = ReadCountsTable();
        var tables = _header.Big32(36);
        if (tables < Numbers.Parts(_size, Entries * _cluster))
            throw ImageFile.Damaged($"its first table has {tables} entries: too few for a disk of {_size} bytes");
        Walk((long)_header.Big64(40), tables, isActive: true);
        foreach (var (offset, length) in Snapshots())
            Walk(offset, length, isActive: false);
        RequirePacked();
        RequireCounts(counts);
        return new ImageFacts(_size, _data);
    }

    /// <summary>Positions of the blocks of reference counts, by their number; 0 where there is none.</summary>
    private long[] ReadCountsTable()
    {
        var (offset, clusters) = ((long)_header.Big64(48), (long)_header.Big32(56));
        RequireAligned(offset, "the table of reference counts");
        var length = clusters * _cluster;
        if (clusters < 1 || length > 64 << 20)
            throw ImageFile.Damaged($"its table of reference counts has {clusters} clusters");
        Count(offset, length, "the table of reference counts");
        var table = _file.ReadPadded(offset, (int)length);
        var blocks = new long[length / 8];
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = (long)table.Big64(i * 8L);
            if (blocks[i] == 0)
                continue;
            RequireAligned(blocks[i], "a block of reference counts");
            Count(blocks[i], _cluster, "a block of reference counts");
        }

        return blocks;
    }

    private void Walk(long offset, long tables, bool isActive)
    {
        const int mostEntries = (32 << 20) / 8;
        if (tables > mostEntries)
            throw ImageFile.Damaged($"a first table has {tables} entries: expected {mostEntries} at most");
        if (tables == 0)
            return;
        RequireAligned(offset, "a first table");
        Count(offset, tables * 8, "a first table");
        var first = _file.Read(offset, tables * 8, "a first table");
        for (var i = 0L; i < tables; i++)
        {
            var entry = first.Big64(i * 8);
            if (entry == 0)
                continue;
            if ((entry & ~(OffsetBits | Copied)) != 0)
                throw ImageFile.Damaged($"entry {i} of a first table is damaged (0x{entry:x})");
            var place = (long)(entry & OffsetBits);
            RequireAligned(place, "a second table");
            Count(place, _cluster, "a second table");
            var second = _file.Read(place, _cluster, "a second table");
            for (var j = 0L; j < Entries; j++)
                Look(
                    second.Big64(j * EntryLength),
                    _isExtended ? second.Big64((j * EntryLength) + 8) : 0,
                    ((i * Entries) + j) * _cluster,
                    isActive
                );
        }
    }

    /// <summary>Checks one cluster of the disk.</summary>
    /// <param name="entry">Its table entry.</param>
    /// <param name="parts">With extended entries: which of its 32 parts are stored (low half), and which are zero (high half).</param>
    /// <param name="at">Offset of its first byte on the disk.</param>
    /// <param name="isActive">False in a snapshot, whose disk may have another size.</param>
    private void Look(ulong entry, ulong parts, long at, bool isActive)
    {
        if (entry == 0 && (uint)parts == 0)
            return;
        if (isActive && at >= _size)
            throw ImageFile.Damaged($"it holds data for byte {at} of a disk of {_size} bytes");
        if ((entry & Compressed) != 0)
        {
            LookPacked(entry, parts, at, isActive);
            return;
        }

        var place = (long)(entry & OffsetBits);
        var isZero = !_isExtended && (entry & ReadsZero) != 0;
        var unknown = ~(OffsetBits | Copied | (Version == 3 && !_isExtended ? ReadsZero : 0));
        if ((entry & unknown) != 0 || (place == 0 && !(entry == ReadsZero && isZero)) || ((uint)parts & (uint)(parts >> 32)) != 0)
            throw ImageFile.Damaged($"the entry for byte {at} of the disk is damaged (0x{entry:x})");
        if (place == 0)
            return;
        RequireAligned(place, $"byte {at} of the disk");
        Count(place, 1, $"byte {at} of the disk");
        var there =
            isZero ? 0
            : !_isExtended ? _cluster
            : (_cluster / 32) * (32 - BitOperations.LeadingZeroCount((uint)parts));
        var end = isActive ? Math.Min(there, Numbers.Parts(_size - at, DiskSize.Sector) * DiskSize.Sector) : there;
        _file.Require(place, end, $"byte {at} of the disk");
        _data += isActive ? end : 0;
    }

    private void LookPacked(ulong entry, ulong parts, long at, bool isActive)
    {
        var bits = BitOperations.Log2((ulong)_cluster) - 8; // bits of the number of sectors
        var place = (long)(entry & ((1UL << (62 - bits)) - 1));
        var (sector, count) = (place / DiskSize.Sector, (long)((entry >> (62 - bits)) & ((1UL << bits) - 1)) + 1);
        if (
            (entry & Copied) != 0
            || parts != 0
            || (sector + count) * DiskSize.Sector > Numbers.Parts(_file.Length, DiskSize.Sector) * DiskSize.Sector
        )
            throw ImageFile.Damaged(
                $"it was cut short or is damaged: the compressed data for byte {at} of the disk end after the file (entry 0x{entry:x})"
            );
        Count(place, ((sector + count) * DiskSize.Sector) - place, $"byte {at} of the disk");
        if (!isActive)
            return;
        _packed.Add((sector, count));
        _data += _cluster;
    }

    /// <summary>Requires that compressed clusters do not overlap; they are packed by bytes, so two may share one sector.</summary>
    private void RequirePacked()
    {
        _packed.Sort();
        for (var i = 1; i < _packed.Count; i++)
            if (_packed[i].Sector < _packed[i - 1].Sector + _packed[i - 1].Count - 1)
                throw ImageFile.Damaged($"two compressed clusters overlap at byte {_packed[i].Sector * DiskSize.Sector} of the file");
    }

    private List<(long Offset, long Length)> Snapshots()
    {
        const int fixedLength = 40;
        var (count, start) = (_header.Big32(60), (long)_header.Big64(64));
        if (count > MostSnapshots)
            throw ImageFile.Damaged($"it has {count} snapshots");
        var found = new List<(long, long)>();
        var at = start;
        for (var i = 0; i < count; i++)
        {
            at = (at + 7) / 8 * 8;
            var entry = _file.Read(at, fixedLength, "a snapshot");
            found.Add(((long)entry.Big64(0), entry.Big32(8)));
            at +=
                fixedLength
                + (long)entry.Big32(36)
                + BinaryPrimitives.ReadUInt16BigEndian(entry.AsSpan(12))
                + BinaryPrimitives.ReadUInt16BigEndian(entry.AsSpan(14));
        }

        if (count > 0)
            RequireAligned(start, "the table of snapshots");
        if (at > start)
            Count(start, at - start, "the table of snapshots");
        return found;
    }

    private void RequireAligned(long offset, string what)
    {
        if (offset <= 0 || offset % _cluster != 0)
            throw ImageFile.Damaged($"the offset of {what} is damaged: byte {offset} is not the start of a cluster");
    }

    private void Count(long offset, long length, string what)
    {
        if (offset < 0 || length < 1 || offset > _file.Length || (offset + length - 1) / _cluster >= _counts.Length)
            throw ImageFile.Damaged($"it was cut short or is damaged: {what} lies at byte {offset}, and the file has {_file.Length}");
        for (var i = offset / _cluster; i <= (offset + length - 1) / _cluster; i++)
            _counts[i] = checked((ushort)Math.Min(_counts[i] + 1, ushort.MaxValue));
    }

    private void RequireCounts(long[] blocks)
    {
        var bits = 1 << (int)(Version == 3 ? _header.Big32(96) : 4);
        var perBlock = _cluster * 8 / bits;
        var (lost, free) = (0L, 0L);
        for (var i = 0L; i < Math.Max(blocks.Length, Numbers.Parts(_counts.Length, perBlock)); i++)
        {
            var block = i < blocks.Length && blocks[i] != 0 ? _file.Read(blocks[i], _cluster, "a block of reference counts") : null;
            for (var j = 0L; j < perBlock; j++)
            {
                var cluster = (i * perBlock) + j;
                var (recorded, seen) = (block is null ? 0 : CountIn(block, j, bits), cluster < _counts.Length ? _counts[cluster] : 0UL);
                lost += recorded > seen ? 1 : 0;
                free += recorded < seen ? 1 : 0;
            }
        }

        if (lost + free > 0)
            throw ImageFile.Damaged(
                $"its reference counts do not match its tables: {lost} clusters are counted but in no table (their data may "
                    + $"be lost), and {free} are used but not counted. "
                    + "Repair it where it was made if you know that no data are lost (qemu-img check -r all), or fetch it again"
            );
    }

    private static ulong CountIn(byte[] block, long number, int bits) =>
        bits switch
        {
            < 8 => (ulong)(block[number * bits / 8] >> (int)(number * bits % 8)) & ((1UL << bits) - 1),
            8 => block[number],
            16 => BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan((int)number * 2)),
            32 => block.Big32(number * 4),
            _ => block.Big64(number * 8),
        };
}
