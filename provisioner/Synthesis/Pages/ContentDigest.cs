using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Cloudlet.Synthesis.Pages;

/// <summary>
/// Digest of large sparse content, independent of where its file has holes: SHA-256 over the length (8 bytes, little endian) and, for each
/// segment of 1 MiB that is not all zero, its number (8 bytes, little endian) and SHA-256. The last segment may be shorter.
/// </summary>
public static class ContentDigest
{
    /// <summary>Bytes of a segment.</summary>
    public const int Segment = 1 << 20;

    /// <summary>The digest, 64 hexadecimal digits. Holes are skipped.</summary>
    /// <param name="path">A file.</param>
    /// <param name="progress">Receives the number of bytes read so far.</param>
    /// <param name="ct">Stops it.</param>
    public static string Of(string path, IProgress<long>? progress, CancellationToken ct)
    {
        using var file = new SparseFile(path);
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[8];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64LittleEndian(number, file.Length);
        all.AppendData(number);
        var buffer = new byte[Segment];
        foreach (var segment in SegmentsWithData(file))
        {
            ct.ThrowIfCancellationRequested();
            var plain = buffer.AsSpan(0, (int)Math.Min(Segment, file.Length - (segment * Segment)));
            file.Read(segment * Segment, plain);
            if (!plain.ContainsAnyExcept((byte)0))
                continue;
            SHA256.HashData(plain, digest);
            BinaryPrimitives.WriteInt64LittleEndian(number, segment);
            all.AppendData(number);
            all.AppendData(digest);
            progress?.Report((segment * Segment) + plain.Length);
        }

        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    private static IEnumerable<long> SegmentsWithData(SparseFile file)
    {
        var next = 0L;
        foreach (var (start, end) in file.Data())
            for (var segment = Math.Max(next, start / Segment); segment * Segment < end; segment++)
            {
                yield return segment;
                next = segment + 1;
            }
    }
}
