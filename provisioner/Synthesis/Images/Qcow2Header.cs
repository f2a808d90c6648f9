using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Images;

/// <summary>Reads the header of a qcow2 image, and finds everything in it that makes the image unusable.</summary>
internal static class Qcow2Header
{
    /// <summary>Incompatible features.</summary>
    public const ulong Dirty = 1,
        Corrupt = 2,
        ExternalData = 4,
        CompressionType = 8,
        Extended = 16;

    private const int Oldest = 72,
        Newest = 112;

    /// <summary>The first bytes of the image, checked. InvalidInput with every problem.</summary>
    public static byte[] Read(ImageFile file)
    {
        var header = file.ReadPadded(0, Newest);
        var problems = Problems(header);
        if (file.Length < Oldest)
            problems.Add($"it was cut short: it has {file.Length} bytes");
        if (problems.Count == 0 && HasBitmaps(file, header))
            problems.Add("it has dirty bitmaps, which are not checked: convert it (qemu-img convert -O qcow2)");
        return problems.Count == 0 ? header : throw ImageFile.Damaged(string.Join("\n  ", problems));
    }

    private static List<string> Problems(byte[] header)
    {
        var problems = new List<string>();
        var version = header.Big32(4);
        if (version is not (2 or 3))
            problems.Add($"its qcow version is {version}: expected 2 or 3");
        if (header.Big64(8) != 0)
            problems.Add(
                "it has a backing file: an image must be complete, and must not name files of this machine. Flatten it where it "
                    + "was made: qemu-img convert -O qcow2"
            );
        if (header.Big32(32) != 0)
            problems.Add("it is encrypted: decrypt it first");
        if (version == 3)
            problems.AddRange(Features(header));
        if (problems.Count > 0)
            return problems;
        if (header.Big32(20) is < 9 or > 21)
            problems.Add($"its clusters have 2^{header.Big32(20)} bytes: expected 2^9 to 2^21");
        if (DiskSize.Problem((long)header.Big64(24)) is { } size)
            problems.Add(size);
        return problems;
    }

    private static IEnumerable<string> Features(byte[] header)
    {
        var features = header.Big64(72);
        if ((features & ExternalData) != 0)
            yield return "its data are in another file: an image must not name files of this machine. Convert it to one file where "
                + "it was made";
        if ((features & Dirty) != 0)
            yield return "it was not closed properly: check it where it was made (qemu-img check -r all)";
        if ((features & Corrupt) != 0)
            yield return "it is marked as corrupt: QEMU found its tables damaged. Repair it where it was made (qemu-img check -r "
                + "all), or fetch it again";
        if ((features & ~(Dirty | Corrupt | ExternalData | CompressionType | Extended)) is not 0 and var unknown)
            yield return $"it has unknown features (0x{unknown:x}): convert it (qemu-img convert -O qcow2)";
        if (header.Big32(96) > 6)
            yield return $"its reference counts have 2^{header.Big32(96)} bits: expected 2^0 to 2^6";
        var compression = header.Big32(100) > 104 ? header[104] : 0;
        if (compression > 1 || (compression == 1) != ((features & CompressionType) != 0))
            yield return $"its compression type {compression} is unknown: convert it (qemu-img convert -O qcow2)";
    }

    private static bool HasBitmaps(ImageFile file, byte[] header)
    {
        const uint bitmaps = 0x23852875;
        const int most = 1 << 16; // the extensions are in the first cluster
        var at = header.Big32(4) == 3 ? (long)header.Big32(100) : Oldest;
        while (at >= Oldest && at <= most)
        {
            var extension = file.ReadPadded(at, 8);
            if (extension.Big32(0) == bitmaps)
                return true;
            if (extension.Big32(0) == 0)
                return false;
            at += 8 + Numbers.Parts(extension.Big32(4), 8) * 8;
        }

        throw ImageFile.Damaged("the extensions of its header have no end mark");
    }
}
