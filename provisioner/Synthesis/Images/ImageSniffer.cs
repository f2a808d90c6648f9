using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Images;

/// <summary>
/// Detects the format of an image by its content and checks that it is complete, before qemu-img sees it. Some formats name other files,
/// which qemu-img opens even to identify the image; in others it reads zeros in place of missing parts. Such an image is refused before
/// that.
/// </summary>
internal static class ImageSniffer
{
    /// <summary>Accepted formats, as qemu-img names them.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["raw", "qcow2", "vmdk", "vdi", "vhdx"];

    private const string Other = "and a base is made of qcow2, raw, vmdk, vdi or vhdx";

    /// <summary>Magic bytes of files that are not accepted, with what to do about each. Longer ones come first.</summary>
    private static readonly (int At, byte[] Mark, string Name)[] ForeignNames =
    [
        (0, "COWD"u8.ToArray(), $"a VMDK of ESX, {Other}: convert it first (qemu-img convert -O qcow2)"),
        (0, "QED\0"u8.ToArray(), $"a QED image, {Other}: convert it first (qemu-img convert -f qed -O qcow2)"),
        (0, "conectix"u8.ToArray(), $"a VHD image, {Other}: convert it first (qemu-img convert -f vpc -O qcow2)"),
        (0, [.. "LUKS"u8, 0xba, 0xbe], "an encrypted (LUKS) disk: decrypt it first"),
        (0, "WithoutFreeSpace"u8.ToArray(), $"a Parallels image, {Other}: convert it first (qemu-img convert -f parallels -O qcow2)"),
        (0, "WithouFreSpacExt"u8.ToArray(), $"a Parallels image, {Other}: convert it first (qemu-img convert -f parallels -O qcow2)"),
        (0, "Bochs Virtual HD Image"u8.ToArray(), $"a Bochs image, {Other}: convert it first (qemu-img convert -f bochs -O qcow2)"),
        (0, [0xfd, .. "7zXZ"u8, 0], "compressed with xz: decompress it first (xz -d)"),
        (0, [0x1f, 0x8b], "compressed with gzip: decompress it first (gzip -d)"),
        (0, [0x28, 0xb5, 0x2f, 0xfd], "compressed with Zstandard: decompress it first (zstd -d)"),
        (0, "BZh"u8.ToArray(), "compressed with bzip2: decompress it first (bzip2 -d)"),
        (0, [0x04, 0x22, 0x4d, 0x18], "compressed with lz4: decompress it first (lz4 -d)"),
        (0, [.. "7z"u8, 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive: unpack it, and import the disk in it"),
        (0, [.. "PK"u8, 3, 4], "a zip archive: unpack it, and import the disk in it"),
        (257, "ustar"u8.ToArray(), "a tar archive (an .ova is one): unpack it (tar -xf), and import the disk in it"),
        (0, [0x7f, .. "ELF"u8], "a program (ELF), not a disk"),
        (
            32769,
            "CD001"u8.ToArray(),
            "an ISO 9660 image (a CD), not an installed disk: install from it elsewhere, or take its bytes as " + "a disk with --format raw"
        ),
    ];

    /// <summary>
    /// The format of an image and the result of its check. InvalidInput with what is wrong, or with what else the file is.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">Its path, for messages.</param>
    /// <param name="asked">The required format, or null for any. <c>raw</c> accepts any bytes.</param>
    public static (string Format, ImageFacts Facts) Look(string path, string shown, string? asked)
    {
        if (asked is not null && !Formats.Contains(asked))
            throw new CloudletException(ErrorKind.InvalidInput, $"'{asked}' is not a valid format: expected {string.Join(", ", Formats)}");
        using var file = new ImageFile(path);
        try
        {
            if (file.Length == 0)
                throw ImageFile.Damaged("it is empty");
            var format = asked == "raw" ? asked : Recognize(file);
            if (asked is not null && format != asked)
                throw ImageFile.Damaged($"expected format {asked}, found {format}");
            return (format, Check(file, format, isCertain: asked is not null));
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.InvalidInput)
        {
            throw Refuse(shown, [e.Message]);
        }
        catch (OverflowException)
        {
            throw Refuse(shown, ["its tables are damaged: a number is out of range"]);
        }
    }

    /// <summary>An error that names all problems.</summary>
    public static CloudletException Refuse(string shown, IReadOnlyList<string> problems) =>
        new(ErrorKind.InvalidInput, $"{shown} can't become a base:\n  {string.Join("\n  ", problems)}");

    private static ImageFacts Check(ImageFile file, string format, bool isCertain) =>
        format switch
        {
            "qcow2" => Qcow2Check.Run(file),
            "vmdk" => VmdkCheck.Run(file),
            "vdi" => VdiCheck.Run(file),
            "vhdx" => VhdxCheck.Run(file),
            _ => RawDisk.Run(file, isCertain),
        };

    private static string Recognize(ImageFile file)
    {
        const int head = 33 << 10;
        var bytes = file.ReadPadded(0, head);
        if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[.. "QFI"u8, 0xfb]))
            return "qcow2";
        if (bytes.AsSpan().StartsWith("KDMV"u8))
            return "vmdk";
        if (bytes.Little32(0x40) == 0xbeda107f)
            return "vdi";
        if (bytes.AsSpan().StartsWith("vhdxfile"u8))
            return "vhdx";
        return Foreign(file, bytes) is { } name ? throw ImageFile.Damaged($"it is {name}") : "raw";
    }

    /// <summary>What the file is, when it is a known kind that is not accepted; else null.</summary>
    private static string? Foreign(ImageFile file, byte[] head)
    {
        const int tail = 512,
            text = 512;
        if (head.AsSpan(0, text).IndexOf("# Disk DescriptorFile"u8) >= 0)
            return "a VMDK descriptor, which names other files: import a VMDK that is one file";
        foreach (var (at, mark, name) in ForeignNames)
            if (head.AsSpan(at).StartsWith(mark))
                return name;
        var end = file.Length >= tail ? file.Read(file.Length - tail, tail, "the end") : [];
        if (end.AsSpan().StartsWith("conectix"u8) || (end.Length > 0 && end.AsSpan(1).StartsWith("conectix"u8)))
            return $"a fixed VHD image, {Other}: convert it first (qemu-img convert -f vpc -O qcow2)";
        if (end.AsSpan().StartsWith("koly"u8))
            return $"a DMG image, {Other}: convert it first (qemu-img convert -f dmg -O qcow2)";
        return IsText(head.AsSpan(0, (int)Math.Min(text, file.Length))) ? "a text file, not a disk" : null;
    }

    private static bool IsText(ReadOnlySpan<byte> start)
    {
        var cut = start.Length > 3 ? start[..^3] : start; // the last character may be cut in two
        return !start.ContainsAnyInRange((byte)0, (byte)8) && Encoding.UTF8.GetString(cut).Count(c => c == '\ufffd') <= 1;
    }
}
