using System.Buffers.Binary;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Images;

/// <summary>
/// Decides whether a file of no known format is a raw disk: by a partition table (MBR, GPT) or the magic of a file system. When these tell
/// the size of the disk, the file must not be shorter.
/// </summary>
internal static class RawDisk
{
    private const int Sector = DiskSize.Sector,
        GptAt = Sector;

    /// <summary>Magic bytes of file systems and the like on a disk without partitions.</summary>
    private static readonly (int At, byte[] Mark)[] FileSystems =
    [
        (0, "XFSB"u8.ToArray()),
        (65600, "_BHRfS_M"u8.ToArray()),
        (0, "hsqs"u8.ToArray()),
        (1024, [0x10, 0x20, 0xf5, 0xf2]), // XFS, Btrfs, SquashFS, F2FS
        (3, "NTFS    "u8.ToArray()),
        (3, "EXFAT   "u8.ToArray()),
        (54, "FAT"u8.ToArray()),
        (82, "FAT32"u8.ToArray()),
        (1024, [0xe2, 0xe1, 0xf5, 0xe0]), // the last: EROFS
        (Sector, "LABELONE"u8.ToArray()),
        (4086, "SWAPSPACE2"u8.ToArray()), // LVM, swap
    ];

    /// <summary>Checks the disk. InvalidInput when the file is not a disk, or is incomplete.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isCertain">True: the user said that it is a disk; its content is not examined.</param>
    public static ImageFacts Run(ImageFile file, bool isCertain)
    {
        const int head = 66 << 10;
        var bytes = file.ReadPadded(0, head);
        var expected = isCertain ? (0, "") : Expected(bytes);
        if (expected is not var (length, what))
            throw ImageFile.Damaged(
                "it does not look like a disk: it has no known image format, partition table (MBR, GPT) or file system. If it is a "
                    + "raw disk nevertheless, use --format raw; otherwise convert it to qcow2 or raw first"
            );
        if (length > file.Length)
            throw ImageFile.Damaged(
                $"it was cut short: its {what} needs {length} bytes, and the file has {file.Length}. Fetch it again, or take it as "
                    + "it is with --format raw"
            );

        return DiskSize.Problem(file.Length) is { } problem ? throw ImageFile.Damaged(problem) : new ImageFacts(file.Length, file.Length);
    }

    /// <summary>The least length of the disk according to its content, and what that content is; null when it is unknown.</summary>
    private static (long Length, string What)? Expected(byte[] head)
    {
        if (Gpt(head) is { } gpt)
            return gpt;
        if (FileSystems.Any(f => head.AsSpan(f.At).StartsWith(f.Mark)))
            return (0, "file system");
        return Mbr(head) ?? Ext(head);
    }

    private static (long, string)? Gpt(byte[] head) =>
        head.AsSpan(GptAt).StartsWith("EFI PART"u8)
            ? ((long)Math.Min(head.Little64(GptAt + 32), DiskSize.Most / Sector) * Sector + Sector, "partition table (GPT)")
        : head.AsSpan(PageSize.Bytes).StartsWith("EFI PART"u8) ? (0, "partition table (GPT)")
        : null;

    private static (long, string)? Mbr(byte[] head)
    {
        const int at = 446,
            entryLength = 16,
            entries = 4;
        if (head[510] != 0x55 || head[511] != 0xaa)
            return null;
        var end = 0L;
        for (var i = 0; i < entries; i++)
        {
            var entry = head.AsSpan(at + (i * entryLength), entryLength);
            if (entry[0] is not (0 or 0x80))
                return null;
            var (first, count) = (
                BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]),
                BinaryPrimitives.ReadUInt32LittleEndian(entry[12..])
            );
            if (entry[4] != 0 && first > 0 && count > 0)
                end = Math.Max(end, (first + (long)count) * Sector);
        }

        return (end, "partition table (MBR)"); // empty when the disk only has a boot sector
    }

    private static (long, string)? Ext(byte[] head)
    {
        const int at = 1024,
            mostBits = 6;
        if (head[at + 56] != 0x53 || head[at + 57] != 0xef || head.Little32(at + 24) > mostBits)
            return null;
        var has64 = (head.Little32(at + 96) & 0x80) != 0;
        var blocks = head.Little32(at + 4) | (has64 ? (ulong)head.Little32(at + 336) << 32 : 0);
        return ((long)Math.Min(blocks, (ulong)DiskSize.Most) * (1024L << (int)head.Little32(at + 24)), "file system (ext)");
    }
}
