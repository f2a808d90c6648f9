using System.Numerics;
using System.Runtime.InteropServices;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Compression;

/// <summary>Compresses blocks into one Zstandard frame each (RFC 8878), with content that the other side has as well in front of its window. For one thread at a time.</summary>
internal sealed class ZstdCompressor : IDisposable
{
    private const int SmallestWindow = 10, LargestWindow = 27; // ZSTD_WINDOWLOG_MIN; more than 2^27 decoders refuse by default

    private readonly ZstdCompressorHandle _context = ZstdNative.CreateCompressor();

    /// <summary>Creates a compressor.</summary>
    /// <param name="level">1 (fastest) to 19 (smallest).</param>
    public ZstdCompressor(int level)
    {
        Zstd.Check(ZstdNative.Set(_context, ZstdNative.CompressionLevel, level), "set up");
        // XXH64 of the content: a reference that is not what it was when this was written is noticed.
        Zstd.Check(ZstdNative.Set(_context, ZstdNative.ChecksumFlag, 1), "set up");
    }

    /// <summary>The frame.</summary>
    /// <param name="plain">At least 1 byte.</param>
    /// <param name="prefix">What the decoder is given as well; may be empty.</param>
    public unsafe byte[] Compress(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> prefix = default)
    {
        var window = Math.Clamp(BitOperations.Log2((uint)(plain.Length + prefix.Length)) + 1, SmallestWindow, LargestWindow);
        Zstd.Check(ZstdNative.Set(_context, ZstdNative.WindowLog, window), "set up");
        var into = new byte[ZstdNative.Bound((nuint)plain.Length)];
        fixed (byte* input = plain, before = prefix, output = into)
        {
            Zstd.Check(ZstdNative.SetPrefix(_context, before, (nuint)prefix.Length), "set up");
            var length = ZstdNative.Compress(_context, output, (nuint)into.Length, input, (nuint)plain.Length);
            Zstd.Check(length, "compress");
            return into[..(int)length];
        }
    }

    /// <summary>Frees the context.</summary>
    public void Dispose() => _context.Dispose();
}

/// <summary>The way back. What it is given may come from anybody. For one thread at a time.</summary>
internal sealed class ZstdDecompressor : IDisposable
{
    private readonly ZstdDecompressorHandle _context = ZstdNative.CreateDecompressor();

    /// <summary>Fills <paramref name="plain"/>; InvalidInput when the frame is damaged or holds anything but exactly that much.</summary>
    /// <param name="stored">One frame.</param>
    /// <param name="plain">Where its content goes.</param>
    /// <param name="prefix">What the compressor was given.</param>
    public unsafe void Decompress(ReadOnlySpan<byte> stored, Span<byte> plain, ReadOnlySpan<byte> prefix = default)
    {
        fixed (byte* input = stored, before = prefix, output = plain)
        {
            Zstd.Check(ZstdNative.SetPrefix(_context, before, (nuint)prefix.Length), "set up");
            var length = ZstdNative.Decompress(_context, output, (nuint)plain.Length, input, (nuint)stored.Length);
            Zstd.Check(length, "decompress");
            if (length != (nuint)plain.Length)
                throw new CloudletException(ErrorKind.InvalidInput, $"a block of {plain.Length} bytes was announced and {length} came out of it.");
        }
    }

    /// <summary>Frees the context.</summary>
    public void Dispose() => _context.Dispose();
}

/// <summary>What both ways have in common.</summary>
internal static class Zstd
{
    /// <summary>Longest that a block of <paramref name="length"/> bytes can become.</summary>
    public static long Bound(long length) => (long)ZstdNative.Bound((nuint)length);

    /// <summary>InvalidInput with the library's own words when a call failed.</summary>
    public static void Check(nuint code, string what)
    {
        if (ZstdNative.IsError(code) != 0)
            throw new CloudletException(ErrorKind.InvalidInput, $"zstd can't {what} a block: {Marshal.PtrToStringUTF8(ZstdNative.ErrorName(code))}.");
    }
}
