using System.Runtime.InteropServices;

namespace Cloudlet.Synthesis.Compression;

/// <summary>
/// The functions of liblzma that we call (tukaani.org/xz, lzma/base.h, filter.h, lzma12.h; 5.2 and newer). Debian's dpkg needs the library,
/// so it is on every host.
/// </summary>
internal static partial class LzmaNative
{
    public const uint ModeNormal = 2,
        BinaryTree2 = 0x12,
        BinaryTree4 = 0x14;
    public const ulong Lzma2 = 0x21,
        EndOfFilters = ulong.MaxValue;
    public const int Ok = 0,
        MemoryRefused = 5;

    private const string Library = "liblzma.so.5";

    [LibraryImport(Library, EntryPoint = "lzma_raw_buffer_encode")]
    public static unsafe partial int Encode(
        LzmaFilter* filters,
        nint allocator,
        byte* plain,
        nuint length,
        byte* into,
        nuint* written,
        nuint capacity
    );

    [LibraryImport(Library, EntryPoint = "lzma_raw_buffer_decode")]
    public static unsafe partial int Decode(
        LzmaFilter* filters,
        nint allocator,
        byte* stored,
        nuint* read,
        nuint length,
        byte* into,
        nuint* written,
        nuint capacity
    );
}

/// <summary><c>lzma_filter</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LzmaFilter
{
    public ulong Id;
    public LzmaOptions* Options;
}

/// <summary><c>lzma_options_lzma</c>; reserved members stay zero.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LzmaOptions
{
    public uint DictionarySize;
    public byte* PresetDictionary;
    public uint PresetDictionarySize,
        LiteralContextBits,
        LiteralPositionBits,
        PositionBits;
    public uint Mode,
        NiceLength,
        MatchFinder,
        Depth;
    private fixed uint _reservedNumbers[12];
    private fixed ulong _reservedPointers[2];
}
