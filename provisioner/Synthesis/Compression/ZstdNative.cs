using System.Runtime.InteropServices;

namespace Cloudlet.Synthesis.Compression;

/// <summary>
/// The functions of libzstd that we call (github.com/facebook/zstd, lib/zstd.h). Debian's dpkg and systemd need the library, so it is on
/// every host.
/// </summary>
internal static partial class ZstdNative
{
    public const int CompressionLevel = 100,
        WindowLog = 101,
        HashLog = 102,
        ChainLog = 103,
        ChecksumFlag = 201;

    private const string Library = "libzstd.so.1";

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    public static partial uint IsError(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    public static partial nint ErrorName(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressBound")]
    public static partial nuint Bound(nuint length);

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    public static partial ZstdCompressorHandle CreateCompressor();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    public static partial nuint FreeCompressor(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setParameter")]
    public static partial nuint Set(ZstdCompressorHandle context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_refPrefix")]
    public static unsafe partial nuint SetPrefix(ZstdCompressorHandle context, byte* prefix, nuint length);

    [LibraryImport(Library, EntryPoint = "ZSTD_compress2")]
    public static unsafe partial nuint Compress(ZstdCompressorHandle context, byte* into, nuint capacity, byte* plain, nuint length);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    public static partial ZstdDecompressorHandle CreateDecompressor();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    public static partial nuint FreeDecompressor(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_DCtx_refPrefix")]
    public static unsafe partial nuint SetPrefix(ZstdDecompressorHandle context, byte* prefix, nuint length);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    public static unsafe partial nuint Decompress(ZstdDecompressorHandle context, byte* into, nuint capacity, byte* stored, nuint length);
}

/// <summary>A compression context.</summary>
internal sealed class ZstdCompressorHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => ZstdNative.IsError(ZstdNative.FreeCompressor(handle)) == 0;
}

/// <summary>A decompression context.</summary>
internal sealed class ZstdDecompressorHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => ZstdNative.IsError(ZstdNative.FreeDecompressor(handle)) == 0;
}
