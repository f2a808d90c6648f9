using System.IO.Compression;
using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Check.Guests;

/// <summary>The initial file system of the guest, which is all that it has.</summary>
internal static class InitialFileSystem
{
    /// <summary>Compressions that busybox reads.</summary>
    private static readonly string[] Readable = [".ko", ".ko.gz", ".ko.xz"];

    /// <summary>Makes it: a cpio archive, compressed with gzip. Equal parts make equal bytes.</summary>
    /// <exception cref="CloudletException">Unsupported: busybox cannot read a module.</exception>
    public static byte[] Make(GuestParts parts)
    {
        using var made = new MemoryStream();
        using (var compressed = new GZipStream(made, CompressionLevel.Optimal, leaveOpen: true))
        {
            var archive = new CpioWriter(compressed);
            foreach (var folder in (string[])["bin", "dev", "proc", "sys", GuestInit.Modules])
                archive.Folder(folder);
            archive.Device("dev/console", 5, 1); // the kernel opens it before devtmpfs is mounted
            archive.File("bin/busybox", parts.Busybox, isExecutable: true);
            archive.File("init", Encoding.UTF8.GetBytes(GuestInit.Init), isExecutable: true);
            archive.File("dhcp", Encoding.UTF8.GetBytes(GuestInit.Dhcp), isExecutable: true);
            foreach (var module in parts.Modules)
                archive.File($"{GuestInit.Modules}/{Readably(module.File)}", module.Content);
            var order = string.Concat(parts.Modules.Select(static m => $"{m.File}\n"));
            archive.File($"{GuestInit.Modules}/order", Encoding.UTF8.GetBytes(order));
            archive.End();
        }

        return made.ToArray();
    }

    private static string Readably(string file) =>
        Array.Exists(Readable, end => file.EndsWith(end, StringComparison.Ordinal))
            ? file
            : throw new CloudletException(
                ErrorKind.Unsupported,
                $"the module {file} of the guest's kernel has a compression that busybox cannot read; use an image of the cloud: "
                    + "--image NAME"
            );
}
