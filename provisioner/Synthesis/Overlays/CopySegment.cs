using System.Buffers.Binary;
using System.IO.Hashing;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Codes segments of carried pages as copies from the base and the new bytes between them.</summary>
internal static class CopySegment
{
    /// <summary>Limit of bytes of an overlay that are coded by <see cref="ContextModel"/>, which is slow in both directions.</summary>
    public const int MostModelled = 3 << 20;

    private const int CheckLength = sizeof(ulong),
        HeadLength = CheckLength + sizeof(int);
    private const int Apart = 4096; // least gap between two copies that is not used as a whole
    private const int Around = 256,
        Overlap = 16,
        MostOld = 1 << 20;

    /// <summary>The segment with the new bytes compressed by Zstandard; null when there are too many parts.</summary>
    public static byte[]? Compress(ReadOnlySpan<byte> content, IReadOnlyList<CopyPart> parts, OverlayBase baseVm, int level)
    {
        var columns = CopyParts.Encode(parts);
        if (columns.Length > CopyParts.MostBytes)
            return null;
        using var own = new ZstdCompressor(Zstd.Smallest);
        var stored = own.Compress(columns);
        using var into = new MemoryStream();
        Head(into, content, columns.Length);
        into.Write(BitConverter.GetBytes(stored.Length));
        into.Write(stored);
        using var fresh = new RentedBytes(parts.Sum(p => p.Fresh));
        Gather(content, parts, fresh.Span);
        if (fresh.Span.Length > 0)
        {
            using var compressor = new ZstdCompressor(level);
            into.Write(compressor.Compress(fresh.Span, Old(parts, baseVm)));
        }

        return into.ToArray();
    }

    /// <summary>Number of bytes that <see cref="Model"/> models.</summary>
    public static int ModelledBytes(IReadOnlyList<CopyPart> parts) => parts.Sum(p => p.Fresh) + CopyParts.Encode(parts).Length;

    /// <summary>The segment with parts and new bytes coded by <see cref="ContextModel"/>; null when there are too many parts.</summary>
    public static byte[]? Model(ReadOnlySpan<byte> content, IReadOnlyList<CopyPart> parts, OverlayBase baseVm)
    {
        var columns = CopyParts.Encode(parts);
        if (columns.Length > CopyParts.MostBytes)
            return null;
        using var into = new MemoryStream();
        Head(into, content, columns.Length);
        var coder = new BitCoder();
        CodeAll(coder, columns);
        using var text = new RentedBytes(content.Length);
        content.CopyTo(text.Span);
        CodeFresh(coder, text.All, parts, baseVm);
        into.Write(coder.Finish());
        return into.ToArray();
    }

    /// <summary>
    /// Fills <paramref name="content"/>; InvalidInput when the segment is damaged, or was made from another base. The input is not trusted.
    /// </summary>
    /// <param name="codec"><see cref="SegmentCodec.Copies"/> or <see cref="SegmentCodec.ModelledCopies"/>.</param>
    /// <param name="stored">The segment.</param>
    /// <param name="content">Receives the pages.</param>
    /// <param name="baseVm">The base.</param>
    /// <param name="model">Called with the number of bytes before <see cref="ContextModel"/> decodes them; it may throw.</param>
    public static void Decompress(SegmentCodec codec, ReadOnlySpan<byte> stored, Span<byte> content, OverlayBase baseVm, Action<int> model)
    {
        var columnsLength = stored.Length >= HeadLength ? BinaryPrimitives.ReadInt32LittleEndian(stored[CheckLength..]) : 0;
        if (columnsLength is < 1 or > CopyParts.MostBytes)
            throw CopyParts.Refused("parts of an impossible length");
        var columns = new byte[columnsLength];
        if (codec == SegmentCodec.Copies)
            Plain(stored[HeadLength..], columns, content, baseVm);
        else
            Modelled(stored[HeadLength..], columns, content, baseVm, model);
        var (expected, found) = (BinaryPrimitives.ReadUInt64LittleEndian(stored), XxHash64.HashToUInt64(content));
        if (expected != found)
            throw CopyParts.Refused("another content, or was not made from this base", $"XXH64 {expected:x16}", $"{found:x16}");
    }

    private static void Plain(ReadOnlySpan<byte> stored, byte[] columns, Span<byte> content, OverlayBase baseVm)
    {
        var length = stored.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(stored) : -1;
        if (length < 1 || length > stored.Length - sizeof(int))
            throw CopyParts.Refused("parts of an impossible length");
        using var decompressor = new ZstdDecompressor();
        decompressor.Decompress(stored.Slice(sizeof(int), length), columns);
        var parts = CopyParts.Decode(columns, content.Length, baseVm);
        using var fresh = new RentedBytes(parts.Sum(p => p.Fresh));
        var rest = stored[(sizeof(int) + length)..];
        if (fresh.Span.Length > 0)
            decompressor.Decompress(rest, fresh.Span, Old(parts, baseVm));
        else if (rest.Length > 0)
            throw CopyParts.Refused("trailing data after its parts");
        Scatter(fresh.Span, parts, content, baseVm);
    }

    private static void Modelled(ReadOnlySpan<byte> stored, byte[] columns, Span<byte> content, OverlayBase baseVm, Action<int> model)
    {
        var coder = new BitCoder(stored);
        model(columns.Length);
        CodeAll(coder, columns);
        var parts = CopyParts.Decode(columns, content.Length, baseVm);
        model(parts.Sum(p => p.Fresh));
        using var text = new RentedBytes(content.Length);
        CodeFresh(coder, text.All, parts, baseVm);
        coder.RequireEnd();
        text.Span.CopyTo(content);
    }

    private static void Head(MemoryStream into, ReadOnlySpan<byte> content, int columns)
    {
        into.Write(BitConverter.GetBytes(XxHash64.HashToUInt64(content)));
        into.Write(BitConverter.GetBytes(columns));
    }

    private static void CodeAll(BitCoder coder, byte[] text)
    {
        using var model = new ContextModel(coder, text, text.Length);
        for (var i = 0; i < text.Length; i++)
            model.Code(-1, -1);
    }

    /// <summary>Codes the new bytes of <paramref name="text"/>, and copies the others into it.</summary>
    private static void CodeFresh(BitCoder coder, byte[] text, IReadOnlyList<CopyPart> parts, OverlayBase baseVm)
    {
        using var model = new ContextModel(coder, text, parts.Sum(p => p.Fresh));
        var window = new BaseWindow(baseVm);
        var last = default(CopyPart);
        foreach (var part in parts)
        {
            for (var i = 0; i < part.Fresh; i++)
                model.Code(
                    last.Length == 0 ? -1 : window[last.Source, last.End + i],
                    part.Length == 0 ? -1 : window[part.Source, part.From - part.Fresh + i]
                );
            window.Read(part, text.AsSpan(model.At, part.Length));
            model.Skip(part.Length);
            last = part;
        }
    }

    private static void Gather(ReadOnlySpan<byte> content, IReadOnlyList<CopyPart> parts, Span<byte> fresh)
    {
        foreach (var part in parts)
        {
            content[..part.Fresh].CopyTo(fresh);
            fresh = fresh[part.Fresh..];
            content = content[(part.Fresh + part.Length)..];
        }
    }

    private static void Scatter(ReadOnlySpan<byte> fresh, IReadOnlyList<CopyPart> parts, Span<byte> content, OverlayBase baseVm)
    {
        var window = new BaseWindow(baseVm);
        foreach (var part in parts)
        {
            fresh[..part.Fresh].CopyTo(content);
            window.Read(part, content.Slice(part.Fresh, part.Length));
            fresh = fresh[part.Fresh..];
            content = content[(part.Fresh + part.Length)..];
        }
    }

    /// <summary>
    /// The parts of the base that new bytes most likely resemble: what lies between two copies, or after one and before the other.
    /// </summary>
    private static byte[] Old(IReadOnlyList<CopyPart> parts, OverlayBase baseVm)
    {
        var into = new List<byte>();
        var last = default(CopyPart);
        foreach (var part in parts)
        {
            if (part.Fresh > 0 && part.Length > 0 && part.Source == last.Source && part.From > last.End && part.From - last.End <= Apart)
            {
                Add(part.Source, last.End - Overlap, (int)(part.From - last.End) + (2 * Overlap));
            }
            else if (part.Fresh > 0)
            {
                Add(last.Source, last.End - Overlap, last.Length == 0 ? 0 : Around);
                Add(part.Source, part.From - Around, part.Length == 0 ? 0 : Around);
            }

            last = part;
        }

        return [.. into];

        void Add(PageSource source, long start, int length)
        {
            if (length == 0)
                return;
            start = Math.Max(0, start);
            length = (int)Math.Min(length, baseVm[source].Length - start);
            if (length <= 0 || into.Count + length > MostOld)
                return;
            var bytes = new byte[length];
            baseVm[source].Read(start, bytes);
            into.AddRange(bytes);
        }
    }
}
