using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>What a segment of an overlay holds.</summary>
public enum SegmentKind : ushort
{
    /// <summary>Device state when the overlay was created.</summary>
    Devices = 0,

    /// <summary>The page map of versions 1 and 2: carried pages are encoded against one page of the base each, or none.</summary>
    OldMap = 1,

    /// <summary>Carried pages, in the order of their numbers.</summary>
    Literals = 2,

    /// <summary>Manifest of a base, in an exported base.</summary>
    Manifest = 3,

    /// <summary>What wrote the device state.</summary>
    Origin = 4,

    /// <summary>The page map: segments are encoded against ranges of the base, at any offset.</summary>
    Map = 5,
}

/// <summary>A compressed part of an overlay.</summary>
/// <param name="Kind">Kind of its content.</param>
/// <param name="PlainLength">Length of its content in bytes.</param>
/// <param name="StoredLength">Length in the file in bytes.</param>
/// <param name="Digest">SHA-256 of the bytes in the file, 32 bytes.</param>
public sealed record OverlaySegment(SegmentKind Kind, int PlainLength, int StoredLength, ReadOnlyMemory<byte> Digest)
{
    /// <summary>How it is compressed.</summary>
    public SegmentCodec Codec { get; init; }
}

/// <summary>
/// The header of an overlay: its base and its segments. Its SHA-256 is the overlay's id, which covers every byte by the digests of the
/// segments. Layout in docs/formats/overlay.md; numbers are little endian.
/// </summary>
public sealed record OverlayHeader
{
    /// <summary>
    /// The newest version, which is written. Versions 1 and 2 have <see cref="SegmentKind.OldMap"/> in place of
    /// <see cref="SegmentKind.Map"/> and no <see cref="SegmentCodec.LzmaText"/>; version 1 has no origin.
    /// </summary>
    public const int Version = 3,
        OldestVersion = 1;

    /// <summary>Bytes before the header itself: magic, version, length, SHA-256.</summary>
    public const int PreludeLength = 48;

    /// <summary>Limit of the pages of one segment: 4 MiB.</summary>
    public const int MostSegmentPages = 1024;

    private const int FixedLength = 64,
        SegmentLength = 44;
    private const long MostMemoryPages = VmDefinition.MostMemory / PageSize.Bytes;
    private const int MostSegments = 1 << 18,
        MostMap = 32 << 20,
        MostDevices = 64 << 20,
        MostManifest = 1 << 16,
        MostOrigin = 1 << 12;

    /// <summary>Stands for a base with disk and memory of zeros.</summary>
    public static string NoBase { get; } = new('0', 64);

    /// <summary>Id of the base, 64 hexadecimal digits; <see cref="NoBase"/> in an exported base.</summary>
    public required string BaseId { get; init; }

    /// <summary>Pages of the disk.</summary>
    public required long DiskPages { get; init; }

    /// <summary>Pages of guest memory; 0 for an overlay of a disk alone.</summary>
    public required long MemoryPages { get; init; }

    /// <summary>Number of carried pages.</summary>
    public required long Literals { get; init; }

    /// <summary>Most pages of a segment; in versions 1 and 2 all segments but the last have exactly as many.</summary>
    public required int SegmentPages { get; init; }

    /// <summary>
    /// In the order of the file: the origin (optional), the manifest (in an exported base), device state (with memory), the map, then the
    /// carried pages.
    /// </summary>
    public required IReadOnlyList<OverlaySegment> Segments { get; init; }

    /// <summary>Magic of the file.</summary>
    public static ReadOnlySpan<byte> Magic => "CLDLTOVL"u8;

    /// <summary>True when it has a segment that says what wrote the device state.</summary>
    internal bool HasOrigin => Segments is [{ Kind: SegmentKind.Origin }, ..];

    /// <summary>Kind of its map. The version follows from the segments, because the id covers them; the prelude only repeats it.</summary>
    internal SegmentKind MapKind => Segments.Any(s => s.Kind == SegmentKind.Map) ? SegmentKind.Map : SegmentKind.OldMap;

    private int OwnVersion =>
        MapKind == SegmentKind.Map ? Version
        : HasOrigin ? Version - 1
        : OldestVersion;

    /// <summary>Length of the file in bytes.</summary>
    public long FileLength => PreludeLength + FixedLength + Segments.Sum(s => (long)SegmentLength + s.StoredLength);

    /// <summary>Number of the first carried page of each segment of carried pages, and the total as last element.</summary>
    internal long[] LiteralStarts()
    {
        var carrying = Segments.Where(s => s.Kind == SegmentKind.Literals).ToList();
        var starts = new long[carrying.Count + 1];
        for (var i = 0; i < carrying.Count; i++)
            starts[i + 1] = starts[i] + (carrying[i].PlainLength / PageSize.Bytes);
        return starts;
    }

    /// <summary>The id: 64 hexadecimal digits.</summary>
    public string Id() => Convert.ToHexStringLower(SHA256.HashData(Body()));

    /// <summary>Prelude and header as bytes.</summary>
    public byte[] ToBytes()
    {
        var body = Body();
        var all = new byte[PreludeLength + body.Length];
        Magic.CopyTo(all);
        BinaryPrimitives.WriteInt32LittleEndian(all.AsSpan(8), OwnVersion);
        BinaryPrimitives.WriteInt32LittleEndian(all.AsSpan(12), body.Length);
        SHA256.HashData(body, all.AsSpan(16));
        body.CopyTo(all, PreludeLength);
        return all;
    }

    /// <summary>Length of the header from the prelude; InvalidInput when the file is not an overlay, or its version is unknown.</summary>
    public static int LengthOf(ReadOnlySpan<byte> prelude)
    {
        const int most = FixedLength + (MostSegments * SegmentLength);
        if (!prelude.StartsWith(Magic))
            throw new OverlayRefusedException(
                ErrorKind.InvalidInput,
                OverlayRefusal.Of(
                    OverlayRefusalCode.BadMagic,
                    "this is not an overlay or an exported base (bad magic)",
                    Encoding.ASCII.GetString(Magic),
                    Shown(prelude[..Magic.Length]),
                    "give a file that `cloudlet overlay create` or `cloudlet base export` made"
                )
            );
        if (BinaryPrimitives.ReadInt32LittleEndian(prelude[8..]) is var version and not (>= OldestVersion and <= Version))
            throw new OverlayRefusedException(
                ErrorKind.InvalidInput,
                OverlayRefusal.Of(
                    OverlayRefusalCode.UnknownVersion,
                    "this overlay can't be used: its version is unknown",
                    $"{OldestVersion} to {Version}",
                    $"{version}",
                    "update cloudlet, or create the overlay with this version of it"
                )
            );
        var length = BinaryPrimitives.ReadInt32LittleEndian(prelude[12..]);
        return length is >= FixedLength and <= most
            ? length
            : throw Damaged(
                OverlayRefusalCode.HeaderLength,
                "its header length is out of range",
                $"{FixedLength} to {most} bytes",
                $"{length} bytes"
            );
    }

    /// <summary>Reads a header; InvalidInput when it is damaged or not valid.</summary>
    /// <param name="prelude">The first <see cref="PreludeLength"/> bytes.</param>
    /// <param name="body">The header, as long as <see cref="LengthOf"/> says.</param>
    public static OverlayHeader Parse(ReadOnlySpan<byte> prelude, ReadOnlySpan<byte> body)
    {
        var (expected, found) = (Convert.ToHexStringLower(prelude.Slice(16, 32)), Convert.ToHexStringLower(SHA256.HashData(body)));
        if (expected != found)
            throw Damaged(OverlayRefusalCode.DigestMismatch, "its header does not match its digest", expected, found);
        var segmentCount = BinaryPrimitives.ReadInt32LittleEndian(body[60..]);
        if (segmentCount < 1)
            throw Damaged(OverlayRefusalCode.SegmentCount, "its segment count is out of range", "1 or more", $"{segmentCount}");
        if (FixedLength + ((long)segmentCount * SegmentLength) is var length && body.Length != length)
            throw Damaged(
                OverlayRefusalCode.HeaderLength,
                $"its header length does not match its segment count of {segmentCount}",
                $"{length} bytes",
                $"{body.Length} bytes"
            );
        var segments = new OverlaySegment[segmentCount];
        for (var i = 0; i < segmentCount; i++)
        {
            var entry = body.Slice(FixedLength + (i * SegmentLength), SegmentLength);
            segments[i] = new OverlaySegment(
                (SegmentKind)BinaryPrimitives.ReadUInt16LittleEndian(entry),
                BinaryPrimitives.ReadInt32LittleEndian(entry[4..]),
                BinaryPrimitives.ReadInt32LittleEndian(entry[8..]),
                entry[12..].ToArray()
            )
            {
                Codec = (SegmentCodec)BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]),
            };
        }

        var header = Checked(
            new OverlayHeader
            {
                BaseId = Convert.ToHexStringLower(body[..32]),
                DiskPages = BinaryPrimitives.ReadInt64LittleEndian(body[32..]),
                MemoryPages = BinaryPrimitives.ReadInt64LittleEndian(body[40..]),
                Literals = BinaryPrimitives.ReadInt64LittleEndian(body[48..]),
                SegmentPages = BinaryPrimitives.ReadInt32LittleEndian(body[56..]),
                Segments = segments,
            }
        );
        var announced = BinaryPrimitives.ReadInt32LittleEndian(prelude[8..]);
        return header.OwnVersion == announced
            ? header
            : throw Damaged(
                OverlayRefusalCode.VersionMismatch,
                "its prelude has another version than its segments",
                $"{header.OwnVersion}",
                $"{announced}"
            );
    }

    private static OverlayHeader Checked(OverlayHeader header)
    {
        const long mostCarried = (long)MostSegments * MostSegmentPages;
        RequireRange(OverlayRefusalCode.DiskPages, "disk page count", header.DiskPages, 1, DiskSize.MostPages);
        RequireRange(OverlayRefusalCode.MemoryPages, "memory page count", header.MemoryPages, 0, MostMemoryPages);
        RequireRange(OverlayRefusalCode.CarriedPages, "number of pages per segment", header.SegmentPages, 1, MostSegmentPages);
        RequireRange(OverlayRefusalCode.CarriedPages, "carried page count", header.Literals, 0, mostCarried);
        var map = header.MapKind;
        SegmentKind[] front =
        [
            .. header.HasOrigin && header.MemoryPages > 0 ? [SegmentKind.Origin] : Array.Empty<SegmentKind>(),
            .. header.BaseId == NoBase ? [SegmentKind.Manifest] : Array.Empty<SegmentKind>(),
            .. header.MemoryPages > 0 ? [SegmentKind.Devices] : Array.Empty<SegmentKind>(),
            map,
        ];
        if (header.Segments.Count < front.Length)
            throw Damaged(
                OverlayRefusalCode.SegmentCount,
                "it has too few segments",
                $"{front.Length} or more",
                $"{header.Segments.Count}"
            );
        for (var i = 0; i < header.Segments.Count; i++)
            header.Check(i, i < front.Length ? front[i] : SegmentKind.Literals, map);
        var starts = header.LiteralStarts();
        if (starts[^1] != header.Literals)
            throw Damaged(
                OverlayRefusalCode.CarriedPages,
                "its segments have the wrong number of pages",
                $"{header.Literals}",
                $"{starts[^1]}"
            );
        for (var i = 1; map == SegmentKind.OldMap && i < starts.Length - 1; i++)
            if (starts[i] - starts[i - 1] is var pages && pages != header.SegmentPages)
                throw Damaged(
                    OverlayRefusalCode.SegmentLength,
                    $"its segment {front.Length + i - 1} has the wrong number of pages",
                    $"{header.SegmentPages}",
                    $"{pages}"
                );
        return header;
    }

    private static void RequireRange(string code, string what, long value, long least, long most)
    {
        if (value < least || value > most)
            throw Damaged(code, $"its {what} is out of range", $"{least} to {most}", $"{value}");
    }

    /// <summary>InvalidInput when a segment can't be of its kind, length and codec in its place.</summary>
    private void Check(int number, SegmentKind kind, SegmentKind map)
    {
        var segment = Segments[number];
        if (segment.Kind != kind)
            throw Damaged(OverlayRefusalCode.SegmentKind, $"its segment {number} has the wrong kind", $"{kind:d}", $"{segment.Kind:d}");
        var lastCodec =
            map == SegmentKind.OldMap ? SegmentCodec.Lzma
            : kind == SegmentKind.Literals ? SegmentCodec.ModelledCopies
            : SegmentCodec.LzmaText;
        if (segment.Codec > lastCodec)
            throw Damaged(
                OverlayRefusalCode.SegmentCodec,
                $"its segment {number} of kind {kind:d} has the wrong codec",
                $"0 to {lastCodec:d}",
                $"{segment.Codec:d}"
            );
        var most = kind switch
        {
            SegmentKind.Devices => MostDevices,
            SegmentKind.Origin => MostOrigin,
            SegmentKind.Manifest => MostManifest,
            SegmentKind.Map or SegmentKind.OldMap => MostMap,
            _ => SegmentPages * PageSize.Bytes,
        };
        RequireLength("content", segment.PlainLength, most);
        if (kind == SegmentKind.Literals && segment.PlainLength % PageSize.Bytes != 0)
            throw Damaged(
                OverlayRefusalCode.SegmentLength,
                $"its segment {number} does not have whole pages",
                $"a multiple of {PageSize.Bytes} bytes",
                $"{segment.PlainLength} bytes"
            );
        RequireLength("stored content", segment.StoredLength, Zstd.Bound(segment.PlainLength));

        void RequireLength(string what, int length, long limit)
        {
            if (length < 1 || length > limit)
                throw Damaged(
                    OverlayRefusalCode.SegmentLength,
                    $"the {what} of its segment {number} of kind {kind:d} has the wrong length",
                    $"1 to {limit} bytes",
                    $"{length} bytes"
                );
        }
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

    private static OverlayRefusedException Damaged(string code, string what, string expected, string found) =>
        OverlayRefusedException.Damaged(code, what, expected, found);

    /// <summary>Bytes as ASCII if they are printable, else in hexadecimal.</summary>
    private static string Shown(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? $"0x{Convert.ToHexStringLower(bytes)}" : Encoding.ASCII.GetString(bytes);
}
