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

    /// <summary>The same with other properties: lc 3, lp 0, pb 0.</summary>
    LzmaText = 2,

    /// <summary>Copies from the base at any byte, and the new bytes between them in a Zstandard frame. For carried pages only.</summary>
    Copies = 3,

    /// <summary>The same, with the new bytes coded by <see cref="ContextModel"/>.</summary>
    ModelledCopies = 4,
}

/// <summary>Compresses segments, for little time or few bytes; thread-safe.</summary>
/// <param name="isSmall">True: LZMA where it helps. False: Zstandard at a fast level.</param>
internal sealed class SegmentCoder(bool isSmall) : IDisposable
{
    private const int Quick = 1;
    private const int Sample = 64 << 10;

    /// <summary>True for few bytes, false for speed.</summary>
    public bool IsSmall => isSmall;

    private readonly ConcurrentBag<ZstdCompressor> _idle = [],
        _idleThorough = [];

    /// <summary>
    /// Pages of a segment without moved content. A larger one saves 1 to 2 % and costs its size in memory for each thread.
    /// </summary>
    public const int SegmentPages = 256;

    /// <summary>The compressed segment.</summary>
    /// <param name="plain">At least 1 byte.</param>
    /// <param name="prefix">What the decoder gets, too.</param>
    /// <param name="isFew">True: there are few segments, so Zstandard may take more time for each.</param>
    public (SegmentCodec Codec, byte[] Stored) Compress(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> prefix, bool isFew = false)
    {
        var stored = WithZstandard(plain, prefix, isFew && !isSmall);

        // LZMA would search random bytes for minutes and find nothing.
        if (!isSmall || stored.Length >= plain.Length / 16 * 15)
            return (SegmentCodec.Zstandard, stored);
        var isText = IsText(plain);
        return Lzma.Compress(plain, prefix, isText) is { } smaller && smaller.Length < stored.Length
            ? (isText ? SegmentCodec.LzmaText : SegmentCodec.Lzma, smaller)
            : (SegmentCodec.Zstandard, stored);
    }

    /// <summary>Tries both settings on a sample.</summary>
    private static bool IsText(ReadOnlySpan<byte> plain)
    {
        var sample = plain.Length <= Sample ? plain : plain.Slice((plain.Length - Sample) / 2, Sample);
        return Lzma.Compress(sample, [], isText: true) is { } text
            && !(Lzma.Compress(sample, [], isText: false) is { } words && words.Length <= text.Length);
    }

    /// <summary>Fills <paramref name="plain"/>; InvalidInput when the block is damaged or was made against another prefix.</summary>
    public static void Decompress(SegmentCodec codec, ReadOnlySpan<byte> stored, Span<byte> plain, ReadOnlySpan<byte> prefix = default)
    {
        switch (codec)
        {
            case SegmentCodec.Zstandard:
                using (var decompressor = new ZstdDecompressor())
                    decompressor.Decompress(stored, plain, prefix);
                break;
            case SegmentCodec.Lzma or SegmentCodec.LzmaText:
                Lzma.Decompress(stored, plain, prefix, codec == SegmentCodec.LzmaText);
                break;
            default:
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"a block is compressed by an unknown codec: expected 0 to {(int)SegmentCodec.ModelledCopies}, found {(int)codec}."
                );
        }
    }

    /// <summary>Frees the compressors that it kept for reuse.</summary>
    public void Dispose()
    {
        foreach (var compressor in _idle.Concat(_idleThorough))
            compressor.Dispose();
    }

    private byte[] WithZstandard(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> prefix, bool isThorough)
    {
        var idle = isThorough ? _idleThorough : _idle;
        if (!idle.TryTake(out var compressor))
            compressor = new ZstdCompressor(
                isThorough ? Zstd.Thorough
                : isSmall ? Quick
                : Zstd.Fast
            );
        try
        {
            return compressor.Compress(plain, prefix);
        }
        finally
        {
            idle.Add(compressor);
        }
    }
}
