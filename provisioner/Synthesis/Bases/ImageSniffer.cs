using System.Buffers.Binary;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Bases;

/// <summary>
/// Looks at the first bytes of an image before qemu-img does. Some formats name other files, and qemu-img opens those as soon as it is asked what the image is: such an image is refused unseen.
/// </summary>
internal static class ImageSniffer
{
    private const int Header = 512;

    /// <summary>The format, as qemu-img names it; a file without the mark of another is <c>raw</c>. InvalidInput with everything that is wrong.</summary>
    public static string FormatOf(string path, string shown)
    {
        Span<byte> head = stackalloc byte[Header];
        using var file = File.OpenHandle(path);
        var read = RandomAccess.Read(file, head, 0);
        head[read..].Clear();
        var problems = new List<string>();
        if (RandomAccess.GetLength(file) == 0)
            problems.Add("it is empty");
        var format = Recognize(head, problems);
        return problems.Count == 0 ? format : throw Refuse(shown, problems);
    }

    /// <summary>An error that names all problems.</summary>
    public static CloudletException Refuse(string shown, IReadOnlyList<string> problems) =>
        new(ErrorKind.InvalidInput, $"{shown} can't become a base:\n  {string.Join("\n  ", problems)}");

    private static string Recognize(ReadOnlySpan<byte> head, List<string> problems)
    {
        if (head.StartsWith("QFI\xfb"u8[..3]) && head[3] == 0xfb)
            return Qcow2(head, problems);
        if (head.StartsWith("KDMV"u8))
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(head[12..]) == 0)
                problems.Add("it is a VMDK whose data are in other files: convert it to one file where those are");
            return "vmdk";
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(head[0x40..]) == 0xbeda107f)
            return "vdi";
        if (head.StartsWith("vhdxfile"u8))
            return "vhdx";
        if (Foreign(head) is { } name)
            problems.Add($"it is {name}, which is not among qcow2, raw, vmdk, vdi and vhdx: convert it first");
        return "raw";
    }

    /// <summary>Header of docs/interop/qcow2.txt of QEMU.</summary>
    private static string Qcow2(ReadOnlySpan<byte> head, List<string> problems)
    {
        const ulong ExternalData = 1UL << 2;
        var version = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        if (version is not (2 or 3))
            problems.Add($"it is a qcow image of version {version}, and only 2 and 3 are known");
        if (BinaryPrimitives.ReadUInt64BigEndian(head[8..]) != 0)
            problems.Add("it has a backing file: a base stands alone, and an image must not name files of this machine. Flatten it where it was made: qemu-img convert -O qcow2");
        if (BinaryPrimitives.ReadUInt32BigEndian(head[32..]) != 0)
            problems.Add("it is encrypted: decrypt it first");
        if (version == 3 && (BinaryPrimitives.ReadUInt64BigEndian(head[72..]) & ExternalData) != 0)
            problems.Add("its data are in another file: an image must not name files of this machine. Convert it to one file where it was made");
        return "qcow2";
    }

    private static string? Foreign(ReadOnlySpan<byte> head) =>
        head.StartsWith("# Disk DescriptorFile"u8) || head.StartsWith("#"u8) && head.IndexOf("# Disk DescriptorFile"u8) >= 0 ? "a VMDK descriptor, which names other files"
        : head.StartsWith("COWD"u8) ? "a VMDK of ESX"
        : head.StartsWith("QED\0"u8) ? "a QED image"
        : head.StartsWith("conectix"u8) ? "a VHD image"
        : head.StartsWith("LUKS\xba"u8[..4]) ? "an encrypted (LUKS) disk"
        : head.StartsWith("WithoutFreeSpace"u8) || head.StartsWith("WithouFreSpacExt"u8) ? "a Parallels image"
        : head.StartsWith("Bochs Virtual HD Image"u8) ? "a Bochs image"
        : null;
}
