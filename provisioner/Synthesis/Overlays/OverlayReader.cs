using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Header and origin of an overlay or an exported base.</summary>
/// <param name="Header">Its header.</param>
/// <param name="QemuVersion">Version of the QEMU that wrote its device state; null without device state, and in overlays of version
/// 1.</param>
public sealed record OverlaySummary(OverlayHeader Header, string? QemuVersion);

/// <summary>
/// Reads an overlay from front to back, as it arrives, and applies it to a base. Nothing is decoded before its digest was verified, and no
/// memory is allocated for sizes that the header does not allow.
/// </summary>
public sealed class OverlayReader
{
    private static readonly int Workers = Environment.ProcessorCount;

    private readonly Stream _from;

    private OverlayReader(Stream from, OverlayHeader header, Dictionary<SegmentKind, byte[]> front)
    {
        (_from, Header) = (from, header);
        Devices = front.GetValueOrDefault(SegmentKind.Devices);
        Manifest = front.GetValueOrDefault(SegmentKind.Manifest);
        QemuVersion = front.TryGetValue(SegmentKind.Origin, out var origin) ? OverlayOrigin.Parse(origin).QemuVersion : null;
        var segments = header.LiteralStarts().Length - 1;
        var bounds = new MapBounds(header.DiskPages, header.MemoryPages, header.Literals, header.SegmentPages, segments);
        Map = PageMapCodec.Decode(front[header.MapKind], header.MapKind, bounds);
    }

    /// <summary>Its header.</summary>
    public OverlayHeader Header { get; }

    /// <summary>Device state; empty for a disk alone.</summary>
    public ReadOnlyMemory<byte> Devices { get; }

    /// <summary>Version of the QEMU that wrote the device state; null in overlays of version 1, which do not have it.</summary>
    public string? QemuVersion { get; }

    /// <summary>Manifest of an exported base; empty for an overlay.</summary>
    public ReadOnlyMemory<byte> Manifest { get; }

    /// <summary>The page map.</summary>
    public PageMap Map { get; }

    /// <summary>
    /// Reads the front: header, device state, map. InvalidInput when it is damaged or not valid. The carried pages are not read yet.
    /// </summary>
    public static async Task<OverlayReader> OpenAsync(Stream from, CancellationToken ct)
    {
        var header = await HeaderAsync(from, ct);
        var front = new Dictionary<SegmentKind, byte[]>();
        foreach (var segment in header.Segments.TakeWhile(s => s.Kind != SegmentKind.Literals))
        {
            front.Add(segment.Kind, Decoded(segment, await StoredAsync(from, segment, ct)));
        }

        return new OverlayReader(from, header, front);
    }

    /// <summary>Reads header and origin only. InvalidInput when they are damaged.</summary>
    public static async Task<OverlaySummary> SummaryAsync(Stream from, CancellationToken ct)
    {
        var header = await HeaderAsync(from, ct);
        var first = header.Segments[0];
        if (first.Kind is not (SegmentKind.Origin or SegmentKind.Manifest))
            return new OverlaySummary(header, null);
        var plain = Decoded(first, await StoredAsync(from, first, ct));
        var version = first.Kind == SegmentKind.Origin ? OverlayOrigin.Parse(plain).QemuVersion : BaseManifest.QemuVersionOf(plain);
        return new OverlaySummary(header, version);
    }

    private static async Task<OverlayHeader> HeaderAsync(Stream from, CancellationToken ct)
    {
        var prelude = await ExactlyAsync(from, OverlayHeader.PreludeLength, ct);
        var body = await ExactlyAsync(from, OverlayHeader.LengthOf(prelude), ct);
        return OverlayHeader.Parse(prelude, body);
    }

    /// <summary>
    /// Reads the rest and writes every page that differs from the base. When this returns, all of the overlay was verified and applied;
    /// when it throws, what was written has to be discarded. InvalidInput when the overlay is damaged, has trailing data, or belongs to
    /// another base.
    /// </summary>
    /// <param name="baseVm">The base.</param>
    /// <param name="disk">Receives the disk's pages.</param>
    /// <param name="memory">Receives the memory's; null for a disk alone.</param>
    /// <param name="progress">Receives the bytes of the file that were read so far.</param>
    /// <param name="ct">Stops it.</param>
    public async Task ApplyAsync(OverlayBase baseVm, IPageWriter disk, IPageWriter? memory, IProgress<long>? progress, CancellationToken ct)
    {
        if (baseVm.Id != Header.BaseId || baseVm.DiskPages != Header.DiskPages || baseVm.MemoryPages != Header.MemoryPages)
            throw new OverlayRefusedException(
                ErrorKind.InvalidInput,
                OverlayRefusal.Of(
                    OverlayRefusalCode.WrongBase,
                    "this overlay can't be used: it belongs to another base",
                    $"base {Header.BaseId} with {Header.DiskPages} disk and {Header.MemoryPages} memory pages",
                    $"base {baseVm.Id} with {baseVm.DiskPages} and {baseVm.MemoryPages}",
                    "use the base that the overlay was created from"
                )
            );
        var plan = new ApplyPlan(Map, Header, baseVm, disk, memory);
        var copies = Task.Run(() => plan.Copy(ct), ct);
        try
        {
            await DecodeAsync(plan, progress, ct);
            await RequireEndAsync(ct);
        }
        finally
        {
            await copies;
        }
    }

    /// <summary>Reads the rest and verifies its digests, without a base. InvalidInput when a segment is damaged.</summary>
    public async Task VerifyAsync(IProgress<long>? progress, CancellationToken ct)
    {
        var done = 0L;
        foreach (var segment in Header.Segments.SkipWhile(s => s.Kind != SegmentKind.Literals))
        {
            await StoredAsync(_from, segment, ct);
            progress?.Report(done += segment.StoredLength);
        }

        await RequireEndAsync(ct);
    }

    private async Task RequireEndAsync(CancellationToken ct)
    {
        if (await _from.ReadAsync(new byte[1], ct) != 0)
            throw OverlayRefusedException.Damaged(
                OverlayRefusalCode.TrailingData,
                "it has trailing data after its last segment",
                $"{Header.FileLength} bytes",
                "more"
            );
    }

    private async Task DecodeAsync(ApplyPlan plan, IProgress<long>? progress, CancellationToken ct)
    {
        var underWay = new Queue<Task>();
        var (number, done) = (0, 0L);
        try
        {
            foreach (var segment in Header.Segments.SkipWhile(s => s.Kind != SegmentKind.Literals))
            {
                var stored = await ExactlyAsync(_from, segment.StoredLength, ct);
                if (underWay.Count > Workers)
                    await underWay.Dequeue();
                var mine = number++;
                underWay.Enqueue(Task.Run(() => plan.Decode(mine, segment.Codec, Verified(stored, segment)), ct));
                progress?.Report(done += segment.StoredLength);
            }
        }
        finally
        {
            await Task.WhenAll(underWay);
        }
    }

    private static async Task<byte[]> StoredAsync(Stream from, OverlaySegment segment, CancellationToken ct) =>
        Verified(await ExactlyAsync(from, segment.StoredLength, ct), segment);

    private static byte[] Verified(byte[] stored, OverlaySegment segment)
    {
        var found = SHA256.HashData(stored);
        return segment.Digest.Span.SequenceEqual(found)
            ? stored
            : throw OverlayRefusedException.Damaged(
                OverlayRefusalCode.DigestMismatch,
                $"a segment of kind {segment.Kind:d} does not match its digest",
                Convert.ToHexStringLower(segment.Digest.Span),
                Convert.ToHexStringLower(found)
            );
    }

    /// <summary>The content of a segment of the front.</summary>
    private static byte[] Decoded(OverlaySegment segment, byte[] stored)
    {
        var plain = new byte[segment.PlainLength];
        try
        {
            SegmentCoder.Decompress(segment.Codec, stored, plain);
            return plain;
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.InvalidInput)
        {
            throw OverlayRefusedException.Damaged(
                OverlayRefusalCode.SegmentContent,
                $"its segment of kind {segment.Kind:d} can't be decoded ({e.Message})",
                inner: e
            );
        }
    }

    private static async Task<byte[]> ExactlyAsync(Stream from, int length, CancellationToken ct)
    {
        var bytes = new byte[length];
        var read = await from.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, ct);
        return read == length
            ? bytes
            : throw OverlayRefusedException.Damaged(OverlayRefusalCode.Truncated, "it ends too early", $"{length} more bytes", $"{read}");
    }
}
