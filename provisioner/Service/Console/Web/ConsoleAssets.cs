using System.Collections.Concurrent;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Cloudlet.Service.Console.Web;

/// <summary>
/// Scripts and styles of the console, which are in the program itself. Their addresses have the digest of all of them, so that a browser
/// may keep them until the program changes.
/// </summary>
internal static class ConsoleAssets
{
    private const string Prefix = "console/";
    private const int BrotliQuality = 9,
        BrotliWindow = 22;

    private static readonly Dictionary<string, byte[]> Files = Read();
    private static readonly ConcurrentDictionary<(string Path, string Coding), byte[]> Packed = new();

    /// <summary>Digest of all files.</summary>
    public static string Version { get; } = DigestOf(Files);

    /// <summary>Folder of the files, relative to the console.</summary>
    public static string Folder { get; } = $"assets/{Version}";

    /// <summary>Maps the route of the files; they hold no secrets, and the login needs them.</summary>
    public static void Map(IEndpointRouteBuilder console) =>
        console.MapGet("/assets/{version}/{**path}", ServeAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task ServeAsync(HttpContext context, string version, string path)
    {
        var response = context.Response;
        if (version != Version || !Files.TryGetValue(path, out var bytes) || TypeOf(path) is not { } type)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        response.ContentType = type;
        response.Headers.Remove(HeaderNames.Pragma);
        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (CodingOf(context.Request) is { } coding)
        {
            response.Headers.ContentEncoding = coding;
            bytes = Packed.GetOrAdd((path, coding), static (key, plain) => Pack(plain, key.Coding), bytes);
        }

        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private static string? CodingOf(HttpRequest request)
    {
        var accepted = request.Headers.AcceptEncoding.ToString();
        return accepted.Contains("br", StringComparison.Ordinal) ? "br"
            : accepted.Contains("gzip", StringComparison.Ordinal) ? "gzip"
            : null;
    }

    private static byte[] Pack(byte[] plain, string coding)
    {
        if (coding == "br")
        {
            var packed = new byte[BrotliEncoder.GetMaxCompressedLength(plain.Length)];
            return BrotliEncoder.TryCompress(plain, packed, out var length, BrotliQuality, BrotliWindow)
                ? packed[..length]
                : throw new InvalidOperationException("the buffer for brotli is too small");
        }

        using var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(plain);
        return to.ToArray();
    }

    private static string? TypeOf(string path) =>
        System.IO.Path.GetExtension(path) switch
        {
            ".js" or ".mjs" => "text/javascript",
            ".css" => "text/css",
            ".svg" => "image/svg+xml",
            ".txt" => "text/plain",
            _ => null,
        };

    private static Dictionary<string, byte[]> Read()
    {
        var assembly = typeof(ConsoleAssets).Assembly;
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var from = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[from.Length];
            from.ReadExactly(bytes);
            files[name[Prefix.Length..].Replace('\\', '/')] = bytes;
        }

        return files;
    }

    private static string DigestOf(Dictionary<string, byte[]> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, bytes) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
            hash.AppendData(SHA256.HashData(bytes));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }
}
