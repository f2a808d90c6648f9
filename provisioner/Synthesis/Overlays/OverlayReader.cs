using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Reads an overlay from front to back, as it arrives, and applies it to a base. Nothing is decoded before its digest was checked, and no memory is allocated on the word of a file whose header does not allow it.
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
        Map = PageMapCodec.Decode(front[SegmentKind.Map], header.DiskPages, header.MemoryPages, header.Literals);
    }

    /// <summary>Its header.</summary>
    public OverlayHeader Header { get; }

    /// <summary>Device state; empty for a disk alone.</summary>
    public ReadOnlyMemory<byte> Devices { get; }

    /// <summary>Manifest of the base that the file is; empty for an overlay.</summary>
    public ReadOnlyMemory<byte> Manifest { get; }

    /// <summary>Where pages come from.</summary>
    public PageMap Map { get; }

    /// <summary>Reads the front: header, device state, map. InvalidInput when it is damaged or lies; the rest of the stream has not been read.</summary>
    public static async Task<OverlayReader> OpenAsync(Stream from, CancellationToken ct)
    {
        var header = await HeaderAsync(from, ct);
        var front = new Dictionary<SegmentKind, byte[]>();
        foreach (var segment in header.Segments.TakeWhile(s => s.Kind != SegmentKind.Literals))
        {
            var plain = new byte[segment.PlainLength];
            SegmentCoder.Decompress(segment.Codec, await StoredAsync(from, segment, ct), plain);
            front.Add(segment.Kind, plain);
        }

        return new OverlayReader(from, header, front);
    }

    /// <summary>Reads a header and no more.</summary>
    public static async Task<OverlayHeader> HeaderAsync(Stream from, CancellationToken ct)
    {
        var prelude = await ExactlyAsync(from, OverlayHeader.PreludeLength, ct);
        var body = await ExactlyAsync(from, OverlayHeader.LengthOf(prelude), ct);
        return OverlayHeader.Parse(prelude, body);
    }

    /// <summary>
    /// Reads the rest and writes every page that differs from the base. When this returns, all of the overlay was verified and applied; when it throws, what the writers hold is worth nothing. InvalidInput when the overlay is damaged, has
    /// bytes behind its end, or belongs to another base.
    /// </summary>
    /// <param name="baseVm">The base.</param>
    /// <param name="disk">Takes the disk's pages.</param>
    /// <param name="memory">Takes the memory's; null for a disk alone.</param>
    /// <param name="progress">Takes the bytes of the file that were used so far.</param>
    /// <param name="ct">Stops it.</param>
    public async Task ApplyAsync(OverlayBase baseVm, IPageWriter disk, IPageWriter? memory, IProgress<long>? progress, CancellationToken ct)
    {
        if (baseVm.Id != Header.BaseId || baseVm.DiskPages != Header.DiskPages || baseVm.MemoryPages != Header.MemoryPages)
            throw new CloudletException(ErrorKind.InvalidInput, $"the overlay belongs to base {Header.BaseId} with a disk of {Header.DiskPages} and a memory of {Header.MemoryPages} pages, not to {baseVm.Id} with {baseVm.DiskPages} and {baseVm.MemoryPages}.");
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

    /// <summary>Reads the rest and checks its digests, which needs no base. InvalidInput when something is damaged.</summary>
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
            throw new CloudletException(ErrorKind.InvalidInput, "this overlay can't be used: there is something behind its end.");
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

    private static async Task<byte[]> StoredAsync(Stream from, OverlaySegment segment, CancellationToken ct) => Verified(await ExactlyAsync(from, segment.StoredLength, ct), segment);

    private static byte[] Verified(byte[] stored, OverlaySegment segment) => segment.Digest.Span.SequenceEqual(SHA256.HashData(stored))
        ? stored
        : throw new CloudletException(ErrorKind.InvalidInput, "this overlay can't be used: a part of it is damaged, its digest is another one.");

    private static async Task<byte[]> ExactlyAsync(Stream from, int length, CancellationToken ct)
    {
        var bytes = new byte[length];
        if (await from.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, ct) < length)
            throw new CloudletException(ErrorKind.InvalidInput, "this overlay can't be used: it ends too early.");
        return bytes;
    }
}
