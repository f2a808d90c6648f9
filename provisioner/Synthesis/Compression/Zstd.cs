using System.Numerics;
using System.Runtime.InteropServices;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Compression;

/// <summary>
/// Compresses each block into one Zstandard frame (RFC 8878), with content that both sides have as prefix. For one thread at a time.
/// </summary>
internal sealed class ZstdCompressor : IDisposable
{
    private const int SmallestWindow = 10,
        LargestWindow = 27; // ZSTD_WINDOWLOG_MIN; decoders refuse more than 2^27 by default

    private readonly ZstdCompressorHandle _context = ZstdNative.CreateCompressor();

    /// <summary>Creates a compressor.</summary>
    /// <param name="level">1 (fastest) to 19 (smallest).</param>
    public ZstdCompressor(int level)
    {
        Zstd.Check(ZstdNative.Set(_context, ZstdNative.CompressionLevel, level), "set up");
        if (level == Zstd.Fast)
        {
            // The default tables are sized for inputs without a prefix, and lose half of one: 10 % more bytes.
            Zstd.Check(ZstdNative.Set(_context, ZstdNative.HashLog, 19), "set up");
            Zstd.Check(ZstdNative.Set(_context, ZstdNative.ChainLog, 18), "set up");
        }

        // XXH64 of the content: it reveals a reference that has changed since this was written.
        Zstd.Check(ZstdNative.Set(_context, ZstdNative.ChecksumFlag, 1), "set up");
    }

    /// <summary>The frame.</summary>
    /// <param name="plain">At least 1 byte.</param>
    /// <param name="prefix">What the decoder gets, too; may be empty.</param>
    public unsafe byte[] Compress(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> prefix = default)
    {
        var window = Math.Clamp(BitOperations.Log2((uint)(plain.Length + prefix.Length)) + 1, SmallestWindow, LargestWindow);
        Zstd.Check(ZstdNative.Set(_context, ZstdNative.WindowLog, window), "set up");
        using var rented = new RentedBytes((int)ZstdNative.Bound((nuint)plain.Length));
        var into = rented.Span;
        fixed (
            byte* input = plain,
                before = prefix,
                output = into
        )
        {
            Zstd.Check(ZstdNative.SetPrefix(_context, before, (nuint)prefix.Length), "set up");
            var length = ZstdNative.Compress(_context, output, (nuint)into.Length, input, (nuint)plain.Length);
            Zstd.Check(length, "compress");
            return into[..(int)length].ToArray();
        }
    }

    /// <summary>Frees the context.</summary>
    public void Dispose() => _context.Dispose();
}

/// <summary>Decompresses frames. The input is not trusted. For one thread at a time.</summary>
internal sealed class ZstdDecompressor : IDisposable
{
    private readonly ZstdDecompressorHandle _context = ZstdNative.CreateDecompressor();

    /// <summary>Fills <paramref name="plain"/>; InvalidInput when the frame is damaged or has another length.</summary>
    /// <param name="stored">One frame.</param>
    /// <param name="plain">Where its content goes.</param>
    /// <param name="prefix">What the compressor was given.</param>
    public unsafe void Decompress(ReadOnlySpan<byte> stored, Span<byte> plain, ReadOnlySpan<byte> prefix = default)
    {
        fixed (
            byte* input = stored,
                before = prefix,
                output = plain
        )
        {
            Zstd.Check(ZstdNative.SetPrefix(_context, before, (nuint)prefix.Length), "set up");
            var length = ZstdNative.Decompress(_context, output, (nuint)plain.Length, input, (nuint)stored.Length);
            Zstd.Check(length, "decompress");
            if (length != (nuint)plain.Length)
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"a block has the wrong length: expected {plain.Length} bytes, found {length}."
                );
        }
    }

    /// <summary>Frees the context.</summary>
    public void Dispose() => _context.Dispose();
}

/// <summary>What compressor and decompressor share.</summary>
internal static class Zstd
{
    /// <summary>Level of the fast mode.</summary>
    public const int Fast = 3;

    /// <summary>Levels for small inputs: of the fast mode, and the strongest.</summary>
    public const int Thorough = 12,
        Smallest = 19;

    /// <summary>Upper bound of the compressed length of <paramref name="length"/> bytes.</summary>
    public static long Bound(long length) => (long)ZstdNative.Bound((nuint)length);

    /// <summary>InvalidInput with the library's message when a call failed.</summary>
    public static void Check(nuint code, string what)
    {
        if (ZstdNative.IsError(code) != 0)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"zstd can't {what} a block: {Marshal.PtrToStringUTF8(ZstdNative.ErrorName(code))}."
            );
    }
}
