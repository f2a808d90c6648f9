using System.Buffers.Binary;
using System.IO.Hashing;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Compression;

/// <summary>
/// Blocks as LZMA2, with content that the other side has as well in front of the dictionary. Guest memory is full of words of eight bytes, whose low and high bytes differ in kind: position bits of the literal coder see that, and Zstandard
/// has no such thing. A block begins with the XXH64 of its content, because LZMA2 has no check of its own.
/// </summary>
internal static class Lzma
{
    private const int CheckLength = 8, SmallestDictionary = 4096;

    /// <summary>Compresses a block; null when it would not become smaller.</summary>
    /// <param name="plain">At least 1 byte.</param>
    /// <param name="prefix">What the decoder is given as well; may be empty.</param>
    public static unsafe byte[]? Compress(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> prefix)
    {
        var into = new byte[plain.Length + CheckLength];
        BinaryPrimitives.WriteUInt64LittleEndian(into, XxHash64.HashToUInt64(plain));
        fixed (byte* input = plain, before = prefix, output = into)
        {
            var options = Options(plain.Length, before, prefix.Length);
            var filters = stackalloc LzmaFilter[2];
            (filters[0], filters[1]) = (new LzmaFilter { Id = LzmaNative.Lzma2, Options = &options }, new LzmaFilter { Id = LzmaNative.EndOfFilters });
            nuint written = CheckLength;
            return LzmaNative.Encode(filters, 0, input, (nuint)plain.Length, output, &written, (nuint)into.Length) switch
            {
                LzmaNative.Ok when (int)written < plain.Length => into[..(int)written],
                LzmaNative.MemoryRefused => throw new CloudletException(ErrorKind.Unexpected, "lzma gets no memory: close something, or give the host more."),
                _ => null,
            };
        }
    }

    /// <summary>Fills <paramref name="plain"/>; InvalidInput when the block is damaged, holds anything but exactly that much, or was encoded against another prefix. What it is given may come from anybody.</summary>
    /// <param name="stored">One block.</param>
    /// <param name="plain">Where its content goes.</param>
    /// <param name="prefix">What the compressor was given.</param>
    public static unsafe void Decompress(ReadOnlySpan<byte> stored, Span<byte> plain, ReadOnlySpan<byte> prefix)
    {
        if (stored.Length <= CheckLength)
            throw Wrong();
        fixed (byte* input = stored, before = prefix, output = plain)
        {
            var options = Options(plain.Length, before, prefix.Length);
            var filters = stackalloc LzmaFilter[2];
            (filters[0], filters[1]) = (new LzmaFilter { Id = LzmaNative.Lzma2, Options = &options }, new LzmaFilter { Id = LzmaNative.EndOfFilters });
            nuint read = CheckLength, written = 0;
            var code = LzmaNative.Decode(filters, 0, input, &read, (nuint)stored.Length, output, &written, (nuint)plain.Length);
            if (code == LzmaNative.MemoryRefused)
                throw new CloudletException(ErrorKind.Unexpected, "lzma gets no memory: close something, or give the host more.");
            if (code != LzmaNative.Ok || (int)read != stored.Length || (int)written != plain.Length || XxHash64.HashToUInt64(plain) != BinaryPrimitives.ReadUInt64LittleEndian(stored))
                throw Wrong();
        }
    }

    private static unsafe LzmaOptions Options(int length, byte* prefix, int prefixLength) => new()
    {
        DictionarySize = (uint)Math.Max(SmallestDictionary, length + prefixLength),
        PresetDictionary = prefixLength == 0 ? null : prefix,
        PresetDictionarySize = (uint)prefixLength,
        LiteralPositionBits = 3,
        PositionBits = 3,
        Mode = LzmaNative.ModeNormal,
        NiceLength = 128,
        MatchFinder = LzmaNative.BinaryTree2, // matches of two and three bytes are worth finding in words that differ in few
        Depth = 64,
    };

    private static CloudletException Wrong() => new(ErrorKind.InvalidInput, "lzma can't decompress a block: it is damaged, or was not encoded against this base.");
}
