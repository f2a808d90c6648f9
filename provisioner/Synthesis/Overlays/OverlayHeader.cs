using System.Buffers.Binary;
using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>What a segment of an overlay holds.</summary>
public enum SegmentKind : ushort
{
    /// <summary>Device state of the moment at which the overlay was cut.</summary>
    Devices = 0,

    /// <summary>The page map.</summary>
    Map = 1,

    /// <summary>Carried pages, in the order of their numbers.</summary>
    Literals = 2,

    /// <summary>Manifest of a base, in a file that is a whole base and needs no other.</summary>
    Manifest = 3,
}

/// <summary>A compressed part of an overlay.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="PlainLength">Bytes of that.</param>
/// <param name="StoredLength">Bytes in the file.</param>
/// <param name="Digest">SHA-256 of the bytes in the file, 32 bytes.</param>
public sealed record OverlaySegment(SegmentKind Kind, int PlainLength, int StoredLength, ReadOnlyMemory<byte> Digest)
{
    /// <summary>How it is compressed.</summary>
    public SegmentCodec Codec { get; init; }
}

/// <summary>
/// The start of an overlay: which base it belongs to and what follows. Its SHA-256 is the overlay's id; through the digests of the segments it covers every byte. Layout in docs/formats/overlay.md; numbers are little endian.
/// </summary>
public sealed record OverlayHeader
{
    /// <summary>The only version there is.</summary>
    public const int Version = 1;

    /// <summary>Bytes before the header proper: magic, version, length, SHA-256.</summary>
    public const int PreludeLength = 48;

    /// <summary>Most pages that one segment carries: 4 MiB.</summary>
    public const int MostSegmentPages = 1024;

    private const int FixedLength = 64, SegmentLength = 44;
    private const int MostSegments = 1 << 20, MostMap = 32 << 20, MostDevices = 64 << 20, MostManifest = 1 << 16;

    /// <summary>In place of a base's id: disk and memory of zeros.</summary>
    public static string NoBase { get; } = new('0', 64);

    /// <summary>Id of the base, 64 hexadecimal digits; <see cref="NoBase"/> in a file that is a whole base.</summary>
    public required string BaseId { get; init; }

    /// <summary>Pages of the disk.</summary>
    public required long DiskPages { get; init; }

    /// <summary>Pages of guest memory; 0 for an overlay of a disk alone.</summary>
    public required long MemoryPages { get; init; }

    /// <summary>Pages that it carries.</summary>
    public required long Literals { get; init; }

    /// <summary>Pages that each segment of them carries; the last may carry fewer.</summary>
    public required int SegmentPages { get; init; }

    /// <summary>In the order of the file: the manifest if it is a whole base, device state if there is memory, the map, then the carried pages.</summary>
    public required IReadOnlyList<OverlaySegment> Segments { get; init; }

    /// <summary>Magic of the file.</summary>
    public static ReadOnlySpan<byte> Magic => "CLDLTOVL"u8;

    /// <summary>Bytes of the whole file.</summary>
    public long FileLength => PreludeLength + FixedLength + Segments.Sum(s => (long)SegmentLength + s.StoredLength);

    /// <summary>Segments that carry pages.</summary>
    internal long LiteralSegments => (Literals + SegmentPages - 1) / SegmentPages;

    /// <summary>The id: 64 hexadecimal digits.</summary>
    public string Id() => Convert.ToHexStringLower(SHA256.HashData(Body()));

    /// <summary>Prelude and header, as the file begins.</summary>
    public byte[] ToBytes()
    {
        var body = Body();
        var all = new byte[PreludeLength + body.Length];
        Magic.CopyTo(all);
        BinaryPrimitives.WriteInt32LittleEndian(all.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(all.AsSpan(12), body.Length);
        SHA256.HashData(body, all.AsSpan(16));
        body.CopyTo(all, PreludeLength);
        return all;
    }

    /// <summary>Bytes of the header proper, from the prelude; InvalidInput when the file is no overlay, or one of a version that this program does not know.</summary>
    public static int LengthOf(ReadOnlySpan<byte> prelude)
    {
        if (!prelude.StartsWith(Magic))
            throw Wrong("it is none: it does not begin as one");
        if (BinaryPrimitives.ReadInt32LittleEndian(prelude[8..]) is var version and not Version)
            throw Wrong($"it is of version {version}, and this program reads version {Version}");
        return BinaryPrimitives.ReadInt32LittleEndian(prelude[12..]) is var length and >= FixedLength && length <= FixedLength + (MostSegments * SegmentLength)
            ? length
            : throw Wrong("its header has no length that one can have");
    }

    /// <summary>Reads a header; InvalidInput when it is damaged or says what cannot be.</summary>
    /// <param name="prelude">The first <see cref="PreludeLength"/> bytes.</param>
    /// <param name="body">As many as <see cref="LengthOf"/> says.</param>
    public static OverlayHeader Parse(ReadOnlySpan<byte> prelude, ReadOnlySpan<byte> body)
    {
        if (!prelude.Slice(16, 32).SequenceEqual(SHA256.HashData(body)))
            throw Wrong("its header is damaged");
        var segmentCount = BinaryPrimitives.ReadInt32LittleEndian(body[60..]);
        if (segmentCount < 1 || body.Length != FixedLength + ((long)segmentCount * SegmentLength))
            throw Wrong("its header does not have the length of what it says");
        var segments = new OverlaySegment[segmentCount];
        for (var i = 0; i < segmentCount; i++)
        {
            var entry = body.Slice(FixedLength + (i * SegmentLength), SegmentLength);
            segments[i] = new OverlaySegment(
                (SegmentKind)BinaryPrimitives.ReadUInt16LittleEndian(entry), BinaryPrimitives.ReadInt32LittleEndian(entry[4..]), BinaryPrimitives.ReadInt32LittleEndian(entry[8..]), entry[12..].ToArray())
            {
                Codec = (SegmentCodec)BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]),
            };
        }

        return Checked(new OverlayHeader
        {
            BaseId = Convert.ToHexStringLower(body[..32]),
            DiskPages = BinaryPrimitives.ReadInt64LittleEndian(body[32..]),
            MemoryPages = BinaryPrimitives.ReadInt64LittleEndian(body[40..]),
            Literals = BinaryPrimitives.ReadInt64LittleEndian(body[48..]),
            SegmentPages = BinaryPrimitives.ReadInt32LittleEndian(body[56..]),
            Segments = segments,
        });
    }

    private static OverlayHeader Checked(OverlayHeader header)
    {
        const long MostPages = 1L << 40; // 4 PiB
        if (header.DiskPages is < 0 or > MostPages || header.MemoryPages is < 0 or > MostPages)
            throw Wrong("it is about a disk or a memory that no VM has");
        if (header.SegmentPages is < 1 or > MostSegmentPages || header.Literals is < 0 or > (long)MostSegments * MostSegmentPages)
            throw Wrong("it carries more pages than it may");
        SegmentKind[] front = [.. header.BaseId == NoBase ? [SegmentKind.Manifest] : Array.Empty<SegmentKind>(), .. header.MemoryPages > 0 ? [SegmentKind.Devices] : Array.Empty<SegmentKind>(), SegmentKind.Map];
        if (header.Segments.Count != front.Length + header.LiteralSegments)
            throw Wrong("it does not have the segments that its pages need");
        for (var i = 0; i < header.Segments.Count; i++)
        {
            var segment = header.Segments[i];
            var kind = i < front.Length ? front[i] : SegmentKind.Literals;
            var fits = kind switch
            {
                SegmentKind.Devices => segment.PlainLength is > 0 and <= MostDevices,
                SegmentKind.Manifest => segment.PlainLength is > 0 and <= MostManifest,
                SegmentKind.Map => segment.PlainLength is > 0 and <= MostMap,
                _ => segment.PlainLength == Math.Min(header.SegmentPages, header.Literals - ((long)(i - front.Length) * header.SegmentPages)) * PageSize.Bytes,
            };
            if (segment.Kind != kind || segment.Codec is not (SegmentCodec.Zstandard or SegmentCodec.Lzma) || !fits || segment.StoredLength < 1 || segment.StoredLength > Zstd.Bound(segment.PlainLength))
                throw Wrong($"its segment {i} is not what belongs there");
        }

        return header;
    }

    private byte[] Body()
    {
        var body = new byte[FixedLength + (Segments.Count * SegmentLength)];
        Convert.FromHexString(BaseId).CopyTo(body, 0);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(32), DiskPages);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(40), MemoryPages);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(48), Literals);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(56), SegmentPages);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(60), Segments.Count);
        for (var i = 0; i < Segments.Count; i++)
        {
            var entry = body.AsSpan(FixedLength + (i * SegmentLength), SegmentLength);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)Segments[i].Kind);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)Segments[i].Codec);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], Segments[i].PlainLength);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], Segments[i].StoredLength);
            Segments[i].Digest.Span.CopyTo(entry[12..]);
        }

        return body;
    }

    private static CloudletException Wrong(string what) => new(ErrorKind.InvalidInput, $"this overlay can't be used: {what}.");
}
