using System.Buffers.Binary;
using System.IO.Hashing;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Compression;

/// <summary>
/// Blocks as LZMA2, with content that both sides have as preset dictionary. Guest memory is full of eight-byte words, whose low and high
/// bytes are distributed differently. The position bits of the literal coder use that; Zstandard has no equivalent. A block begins with the
/// XXH64 of its content, because raw LZMA2 has no checksum.
/// </summary>
internal static class Lzma
{
    private const int CheckLength = 8,
        SmallestDictionary = 4096;

    /// <summary>Compresses a block; null when it would not become smaller.</summary>
    /// <param name="plain">At least 1 byte.</param>
    /// <param name="prefix">What the decoder gets, too; may be empty.</param>
    /// <param name="isText">True: predict bytes from the one before, not from their position in a word.</param>
    public static unsafe byte[]? Compress(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> prefix, bool isText)
    {
        using var rented = new RentedBytes(plain.Length + CheckLength);
        var into = rented.Span;
        BinaryPrimitives.WriteUInt64LittleEndian(into, XxHash64.HashToUInt64(plain));
        fixed (
            byte* input = plain,
                before = prefix,
                output = into
        )
        {
            var options = Options(plain.Length, before, prefix.Length, isText);
            var filters = stackalloc LzmaFilter[2];
            (filters[0], filters[1]) = (
                new LzmaFilter { Id = LzmaNative.Lzma2, Options = &options },
                new LzmaFilter { Id = LzmaNative.EndOfFilters }
            );
            nuint written = CheckLength;
            return LzmaNative.Encode(filters, 0, input, (nuint)plain.Length, output, &written, (nuint)into.Length) switch
            {
                LzmaNative.Ok when (int)written < plain.Length => into[..(int)written].ToArray(),
                LzmaNative.MemoryRefused => throw new CloudletException(
                    ErrorKind.Unexpected,
                    "lzma could not allocate memory: stop other programs, or give the host more memory."
                ),
                _ => null,
            };
        }
    }

    /// <summary>
    /// Fills <paramref name="plain"/>; InvalidInput when the block is damaged, has another length, or was encoded against another prefix.
    /// The input is not trusted.
    /// </summary>
    /// <param name="stored">One block.</param>
    /// <param name="plain">Where its content goes.</param>
    /// <param name="prefix">What the compressor was given.</param>
    /// <param name="isText">As for the compressor.</param>
    public static unsafe void Decompress(ReadOnlySpan<byte> stored, Span<byte> plain, ReadOnlySpan<byte> prefix, bool isText)
    {
        if (stored.Length <= CheckLength)
            throw Wrong();
        fixed (
            byte* input = stored,
                before = prefix,
                output = plain
        )
        {
            var options = Options(plain.Length, before, prefix.Length, isText);
            var filters = stackalloc LzmaFilter[2];
            (filters[0], filters[1]) = (
                new LzmaFilter { Id = LzmaNative.Lzma2, Options = &options },
                new LzmaFilter { Id = LzmaNative.EndOfFilters }
            );
            nuint read = CheckLength,
                written = 0;
            var code = LzmaNative.Decode(filters, 0, input, &read, (nuint)stored.Length, output, &written, (nuint)plain.Length);
            if (code == LzmaNative.MemoryRefused)
                throw new CloudletException(
                    ErrorKind.Unexpected,
                    "lzma could not allocate memory: stop other programs, or give the host more memory."
                );
            if (
                code != LzmaNative.Ok
                || (int)read != stored.Length
                || (int)written != plain.Length
                || XxHash64.HashToUInt64(plain) != BinaryPrimitives.ReadUInt64LittleEndian(stored)
            )
                throw Wrong();
        }
    }

    private static unsafe LzmaOptions Options(int length, byte* prefix, int prefixLength, bool isText) =>
        new()
        {
            DictionarySize = (uint)Math.Max(SmallestDictionary, length + prefixLength),
            PresetDictionary = prefixLength == 0 ? null : prefix,
            PresetDictionarySize = (uint)prefixLength,
            LiteralContextBits = isText ? 3u : 0,
            LiteralPositionBits = isText ? 0 : 3u,
            PositionBits = isText ? 0 : 3u,
            Mode = LzmaNative.ModeNormal,
            NiceLength = 128,
            // short matches suit words that differ in few bytes
            MatchFinder = isText ? LzmaNative.BinaryTree4 : LzmaNative.BinaryTree2,
            Depth = 64,
        };

    private static CloudletException Wrong() =>
        new(ErrorKind.InvalidInput, "lzma can't decompress a block: it is damaged, or was not encoded against this base.");
}
