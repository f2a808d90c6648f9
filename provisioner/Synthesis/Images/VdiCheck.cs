using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Images;

/// <summary>
/// Checks the structure of a VDI image (VirtualBox): its blocks are in the file, one entry of the map refers to each, and the file ends
/// with the last.
/// </summary>
internal static class VdiCheck
{
    private const uint Discarded = 0xfffffffe,
        Absent = 0xffffffff;
    private const int HeaderLength = 0x1c8,
        Block = 1 << 20;

    /// <summary>Checks an image. InvalidInput when it is incomplete or needs another file.</summary>
    public static ImageFacts Run(ImageFile file)
    {
        var header = file.Read(0, HeaderLength, "the header");
        var (map, data, size) = ((long)header.Little32(0x154), (long)header.Little32(0x158), (long)header.Little64(0x170));
        var (blocks, stored) = ((long)header.Little32(0x180), (long)header.Little32(0x184));
        if (header.Little32(0x44) != 0x00010001)
            throw ImageFile.Damaged($"its version is 0x{header.Little32(0x44):x}: expected 1.1; convert it (qemu-img convert -O qcow2)");
        if (header.AsSpan(0x1a8, 32).ContainsAnyExcept((byte)0))
            throw ImageFile.Damaged("it has a backing file (it is a difference to another image): flatten it where it was made");
        if (
            header.Little32(0x4c) is not (1 or 2)
            || header.Little32(0x178) != Block
            || header.Little32(0x17c) != 0
            || header.Little32(0x168) != DiskSize.Sector
        )
            throw ImageFile.Damaged("its type, block size or sector size is unknown: convert it (qemu-img convert -O qcow2)");
        if (DiskSize.Problem(size) is { } problem)
            throw ImageFile.Damaged(problem);
        if (
            blocks != Numbers.Parts(size, Block)
            || stored > blocks
            || data % DiskSize.Sector != 0
            || map < 0x180
            || data < map + (blocks * 4)
        )
            throw ImageFile.Damaged($"its header is damaged: {blocks} blocks, {stored} of them stored, for a disk of {size} bytes");
        if (file.Length != data + (stored * Block))
            throw ImageFile.Damaged($"it was cut short or is damaged: expected {data + (stored * Block)} bytes, found {file.Length}");
        RequireMap(file.Read(map, blocks * 4, "the map of blocks"), blocks, stored);
        return new ImageFacts(size, stored * Block);
    }

    private static void RequireMap(byte[] map, long blocks, long stored)
    {
        var seen = new bool[stored];
        var found = 0L;
        for (var i = 0L; i < blocks; i++)
        {
            var entry = map.Little32(i * 4);
            if (entry is Absent or Discarded)
                continue;
            if (entry >= stored || seen[entry])
                throw ImageFile.Damaged(
                    $"the entry of block {i} is damaged: {entry} is {(entry >= stored ? "after the last" : "also that of another block")}"
                );
            seen[entry] = true;
            found++;
        }

        if (found != stored)
            throw ImageFile.Damaged($"its map is damaged: expected entries for {stored} stored blocks, found {found}");
    }
}
