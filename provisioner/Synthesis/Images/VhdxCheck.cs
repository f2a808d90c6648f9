using System.Buffers.Binary;
using System.Numerics;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Images;

/// <summary>
/// Checks the structure of a VHDX image (MS-VHDX): the checksums of headers and regions are right, the log is empty, and each block of the
/// file belongs to one block of the disk.
/// </summary>
internal sealed class VhdxCheck
{
    private const long MiB = 1 << 20;
    private const int HeaderLength = 4096,
        RegionsLength = 65536;
    private static readonly Guid Blocks = new("2DC27766-F623-4200-9D64-115E9BFD4A08"),
        Metadata = new("8B7CA206-4790-4B9A-B8FE-575F050F886E");
    private static readonly Guid Parameters = new("CAA16737-FA36-4D43-B3B6-33F0AA44E76B"),
        Size = new("2FA54224-CD1B-4876-B211-5DBED83BF4B8"),
        Sector = new("8141BF1D-A96F-4709-BA47-F233A8FAAB5F");

    private readonly ImageFile _file;
    private readonly bool[] _used;

    private VhdxCheck(ImageFile file)
    {
        const long most = 1 << 28;
        if (Numbers.Parts(file.Length, MiB) > most)
            throw ImageFile.Damaged($"it has {file.Length} bytes: expected {most} MiB at most");
        (_file, _used) = (file, new bool[Numbers.Parts(file.Length, MiB)]);
    }

    /// <summary>Checks an image. InvalidInput when it is incomplete or needs another file.</summary>
    public static ImageFacts Run(ImageFile file) => new VhdxCheck(file).Run();

    private ImageFacts Run()
    {
        Use(0, MiB, "the headers");
        var (log, logLength) = Log();
        if (logLength > 0)
            Use(log, logLength, "the log");
        var regions = Regions();
        var (blocks, metadata) = (Region(regions, Blocks), Region(regions, Metadata));
        Use(blocks.Offset, blocks.Length, "the table of blocks");
        Use(metadata.Offset, metadata.Length, "the description");
        var (size, block, sector) = Describe(_file.Read(metadata.Offset, metadata.Length, "the description"));
        var data = Walk(_file.Read(blocks.Offset, blocks.Length, "the table of blocks"), size, block, sector);
        RequireAllNamed(block);
        return new ImageFacts(size, data);
    }

    /// <summary>Requires that no whole block is unused: a damaged table may have lost it. Smaller gaps are alignment.</summary>
    private void RequireAllNamed(long block)
    {
        var free = 0L;
        for (var i = 0L; i < _used.Length; i++)
        {
            free = _used[i] ? 0 : free + 1;
            if (free * MiB >= block)
                throw ImageFile.Damaged(
                    $"it is damaged: no table refers to the block up to MiB {i + 1} of the file, so data may be lost. Convert it "
                        + "where it was made if you know that none are (qemu-img convert -O qcow2)"
                );
        }
    }

    /// <summary>
    /// Position of the log, from the newer of the two headers. InvalidInput when the log is in use: it would have to be replayed.
    /// </summary>
    private (long Offset, long Length) Log()
    {
        var headers = new[] { 64 << 10, 128 << 10 }.Select(at => _file.Read(at, HeaderLength, "a header")).ToList();
        foreach (var header in headers)
            if (!header.AsSpan().StartsWith("head"u8) || !HasSum(header))
                throw ImageFile.Damaged("one of its headers is damaged");
        var newer = headers.MaxBy(h => h.Little64(8))!;
        if (headers.Any(h => h.AsSpan(48, 16).ContainsAnyExcept((byte)0)))
            throw ImageFile.Damaged("it was not closed properly (its log is in use): open and close it where it was made");
        if (BinaryPrimitives.ReadUInt16LittleEndian(newer.AsSpan(66)) != 1)
            throw ImageFile.Damaged("its version is unknown: convert it (qemu-img convert -O qcow2)");
        return ((long)newer.Little64(72), newer.Little32(68));
    }

    private byte[] Regions()
    {
        var (first, second) = (
            _file.Read(192 << 10, RegionsLength, "the table of regions"),
            _file.Read(256 << 10, RegionsLength, "the table of regions")
        );
        if (!first.AsSpan().StartsWith("regi"u8) || !HasSum(first) || !first.AsSpan().SequenceEqual(second))
            throw ImageFile.Damaged("its table of regions is damaged");
        return first;
    }

    private static (long Offset, long Length) Region(byte[] regions, Guid which)
    {
        const int most = 2047;
        var count = regions.Little32(8);
        for (var i = 0; i < Math.Min(count, most); i++)
            if (new Guid(regions.AsSpan(16 + (i * 32), 16)) == which)
                return ((long)regions.Little64(32 + (i * 32)), regions.Little32(40 + (i * 32)));
        throw ImageFile.Damaged("it has no table of blocks, or no description");
    }

    private static (long Size, long Block, long Sector) Describe(byte[] metadata)
    {
        const uint hasParent = 2;
        if (!metadata.AsSpan().StartsWith("metadata"u8))
            throw ImageFile.Damaged("its description is damaged");
        var parameters = Item(metadata, Parameters);
        var (block, size, sector) = (
            (long)metadata.Little32(parameters),
            (long)metadata.Little64(Item(metadata, Size)),
            (long)metadata.Little32(Item(metadata, Sector))
        );
        if ((metadata.Little32(parameters + 4) & hasParent) != 0)
            throw ImageFile.Damaged("it has a backing file (it is a difference to another image): flatten it where it was made");
        if (block is < MiB or > 256 * MiB || !BitOperations.IsPow2(block) || sector is not (512 or 4096))
            throw ImageFile.Damaged(
                $"its blocks have {block} bytes and its sectors {sector}: expected a power of two from 1 to 256 MiB, and 512 or 4096"
            );
        return DiskSize.Problem(size) is { } problem ? throw ImageFile.Damaged(problem) : (size, block, sector);
    }

    private static long Item(byte[] metadata, Guid which)
    {
        const int first = 32,
            length = 32,
            most = 2047,
            longest = 8;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(metadata.AsSpan(10));
        for (var at = first; at < first + (Math.Min((int)count, most) * length) && at + length <= metadata.Length; at += length)
            if (new Guid(metadata.AsSpan(at, 16)) == which)
                return metadata.Little32(at + 16) is var offset && offset <= metadata.Length - longest
                    ? offset
                    : throw ImageFile.Damaged("its description is damaged");
        throw ImageFile.Damaged($"its description lacks {which}");
    }

    private long Walk(byte[] table, long size, long block, long sector)
    {
        const int absent = 0,
            undefined = 1,
            zero = 2,
            unmapped = 3,
            present = 6;
        var (blocks, ratio) = (Numbers.Parts(size, block), (1L << 23) * sector / block);
        var entries = blocks + ((blocks - 1) / ratio);
        if (entries > table.Length / 8)
            throw ImageFile.Damaged($"its table of blocks is too short: expected {entries} entries, found {table.Length / 8}");
        var data = 0L;
        for (var i = 0L; i < table.Length / 8; i++)
        {
            var (entry, state, place) = (
                table.Little64(i * 8),
                (int)(table.Little64(i * 8) & 7),
                (long)(table.Little64(i * 8) >> 20) * MiB
            );
            var isBlock = i < entries && i % (ratio + 1) != ratio;
            if (isBlock && state is present or undefined or unmapped && place > 0)
            {
                var number = i - (i / (ratio + 1)); // without the bitmaps between
                _file.Require(place, Math.Min(block, size - (number * block)), $"block {number} of the disk");
                Use(place, Math.Min(block, _file.Length - place), $"block {number} of the disk");
                data += state == present ? block : 0;
            }
            else if (entry != 0 && !(isBlock && place == 0 && state is absent or undefined or zero or unmapped))
            {
                throw ImageFile.Damaged($"entry {i} of its table of blocks is damaged (0x{entry:x})");
            }
        }

        return data;
    }

    private void Use(long offset, long length, string what)
    {
        _file.Require(offset, length, what);
        if (offset % MiB != 0 || length < 1)
            throw ImageFile.Damaged($"the position of {what} is damaged: byte {offset}, {length} bytes long");
        for (var i = offset / MiB; i < Numbers.Parts(offset + length, MiB); i++)
            _used[i] = !_used[i] ? true : throw ImageFile.Damaged($"the position of {what} is damaged: MiB {i} of the file is in use");
    }

    /// <summary>CRC-32C over the structure with its own four bytes as zeros.</summary>
    private static bool HasSum(byte[] structure)
    {
        var copy = structure.ToArray();
        copy.AsSpan(4, 4).Clear();
        var sum = uint.MaxValue;
        foreach (var word in copy)
            sum = BitOperations.Crc32C(sum, word);
        return ~sum == structure.Little32(4);
    }
}
