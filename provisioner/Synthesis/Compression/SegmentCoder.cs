using System.Collections.Concurrent;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Compression;

/// <summary>How a segment of an overlay is compressed.</summary>
public enum SegmentCodec : ushort
{
    /// <summary>One Zstandard frame (RFC 8878) with a checksum.</summary>
    Zstandard = 0,

    /// <summary>XXH64 of the content, 8 bytes, then LZMA2.</summary>
    Lzma = 1,
}

/// <summary>Compresses segments for a purpose; for any number of threads.</summary>
/// <param name="isSmall">LZMA where that is of use; else Zstandard at a level that costs little.</param>
internal sealed class SegmentCoder(bool isSmall) : IDisposable
{
    private const int Quick = 1, Fast = 3;

    private readonly ConcurrentBag<ZstdCompressor> _idle = [];

    /// <summary>Pages of a segment. More gains 1 to 2 % and costs its size in memory for each thread on both sides.</summary>
    public const int SegmentPages = 256;

    /// <summary>The compressed segment.</summary>
    /// <param name="plain">At least 1 byte.</param>
    /// <param name="prefix">What the decoder will have as well.</param>
    public (SegmentCodec Codec, byte[] Stored) Compress(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> prefix)
    {
        var stored = WithZstandard(plain, prefix);

        // LZMA would search for minutes in what is random, and find nothing.
        return isSmall && stored.Length < plain.Length / 16 * 15 && Lzma.Compress(plain, prefix) is { } smaller && smaller.Length < stored.Length
            ? (SegmentCodec.Lzma, smaller)
            : (SegmentCodec.Zstandard, stored);
    }

    /// <summary>Fills <paramref name="plain"/>; InvalidInput when what is stored is damaged or was made against another prefix.</summary>
    public static void Decompress(SegmentCodec codec, ReadOnlySpan<byte> stored, Span<byte> plain, ReadOnlySpan<byte> prefix = default)
    {
        switch (codec)
        {
            case SegmentCodec.Zstandard:
                using (var decompressor = new ZstdDecompressor())
                    decompressor.Decompress(stored, plain, prefix);
                break;
            case SegmentCodec.Lzma:
                Lzma.Decompress(stored, plain, prefix);
                break;
            default:
                throw new CloudletException(ErrorKind.InvalidInput, $"a block is compressed in a way that this program does not know: {(int)codec}.");
        }
    }

    /// <summary>Frees what it kept for the next segment.</summary>
    public void Dispose()
    {
        foreach (var compressor in _idle)
            compressor.Dispose();
    }

    private byte[] WithZstandard(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> prefix)
    {
        if (!_idle.TryTake(out var compressor))
            compressor = new ZstdCompressor(isSmall ? Quick : Fast);
        try
        {
            return compressor.Compress(plain, prefix);
        }
        finally
        {
            _idle.Add(compressor);
        }
    }
}
