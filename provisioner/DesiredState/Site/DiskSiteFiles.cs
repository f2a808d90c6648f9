using System.Text;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Yaml;

namespace Cloudlet.DesiredState.Site;

/// <summary>Reads UTF-8 files from the disk, at most 4 MiB each.</summary>
public sealed class DiskSiteFiles : ISiteFiles
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public string? ReadText(string path)
    {
        if (path.Length == 0 || path.Contains('\0'))
            return null;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            return Decode(ReadBounded(stream));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(Directory.Exists(path) ? "it is a folder" : "permission denied", e);
        }
    }

    // The length that a file system reports is unreliable (0 for devices and /proc), so the read itself is limited.
    private static ReadOnlySpan<byte> ReadBounded(FileStream stream)
    {
        var buffer = new byte[(int)Math.Clamp(stream.CanSeek ? stream.Length + 1 : 0, 4096, YamlReader.MaxLength + 1)];
        var length = 0;
        int read;
        while ((read = stream.Read(buffer, length, buffer.Length - length)) > 0)
        {
            length += read;
            if (length > YamlReader.MaxLength)
                throw new IOException("larger than 4 MiB");
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(2 * buffer.Length, YamlReader.MaxLength + 1));
        }

        return buffer.AsSpan(0, length);
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Utf8.GetString(bytes.StartsWith(Utf8Mark) ? bytes[Utf8Mark.Length..] : bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new IOException($"not UTF-8 text (byte {e.Index})", e);
        }
    }

    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];
}
