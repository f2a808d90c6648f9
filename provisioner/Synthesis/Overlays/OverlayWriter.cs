using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Whether to save time or bytes.</summary>
public enum OverlayEffort
{
    /// <summary>Less time.</summary>
    Fast,

    /// <summary>Fewer bytes.</summary>
    Small,
}

/// <summary>Result of making an overlay.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Counts">Changed pages by where their content was found.</param>
/// <param name="QemuVersion">Version of the QEMU that wrote its device state; null without device state.</param>
public sealed record OverlayMade(OverlayHeader Header, OverlayCounts Counts, string? QemuVersion);

/// <summary>Makes overlays: the difference of a VM to its base, in one file.</summary>
/// <param name="baseVm">The base.</param>
/// <param name="indexPath">File of the base's page index; null for a base of zeros.</param>
public sealed class OverlayWriter(OverlayBase baseVm, string? indexPath)
{
    /// <summary>
    /// Makes the overlay. The file is complete, or does not appear. InvalidInput when disk or memory differ in size from the base's;
    /// NoSpace and others as the file system reports.
    /// </summary>
    /// <param name="path">Its file; an existing one is replaced.</param>
    /// <param name="vm">The VM's state.</param>
    /// <param name="effort">Whether to save time or bytes.</param>
    /// <param name="progress">Receives the number of candidate pages read so far.</param>
    /// <param name="ct">Stops it.</param>
    public OverlayMade Write(string path, OverlayContent vm, OverlayEffort effort, IProgress<long>? progress, CancellationToken ct)
    {
        if (vm.Disk.Pages.Length != baseVm.Disk.Length || (vm.Memory?.Pages.Length ?? 0) != (baseVm.Memory?.Length ?? 0))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"the VM's disk or memory differs in size from that of base {baseVm.Id}: the VM was not made from this base."
            );
        using var waiting = new StagedFile(path);
        using var carried = waiting.Open();
        using var index = indexPath is null
            ? null
            : PageIndex.TryOpen(indexPath)
                ?? throw new CloudletException(ErrorKind.NotFound, $"{indexPath} is not an index of the base's pages.");
        using var coder = new SegmentCoder(effort == OverlayEffort.Small);
        using var segments = new LiteralSegments(carried, coder, baseVm, index);
        var classifier = new PageClassifier(baseVm, index, vm.Disk, vm.Memory, segments);
        var scan = new StoreScan(classifier, progress, ct);
        scan.Run(PageSpace.Disk, vm.Disk, baseVm.Disk);
        if (vm.Memory is not null)
            scan.Run(PageSpace.Memory, vm.Memory, baseVm.Memory!);
        var literals = segments.Finish();
        var map = classifier.Map with { Ranges = segments.Ranges };
        var (runs, ranges) = (map.Uses(literals), map.Ranges.Sum(r => (long)r.Count));
        if (PageMap.IsTooLarge(runs, ranges))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"the VM differs too much from its base: expected {PageMap.Limits}, found {runs} and {ranges}"
            );
        var front = new List<(OverlaySegment Segment, byte[] Stored)>();
        if (vm.Memory is not null && vm.QemuVersion is { } version)
            front.Add(Stored(SegmentKind.Origin, new OverlayOrigin(version).ToBytes()));
        if (baseVm.Id == OverlayHeader.NoBase)
            front.Add(Stored(SegmentKind.Manifest, vm.Manifest.Span));
        if (vm.Memory is not null)
            front.Add(Stored(SegmentKind.Devices, vm.Devices.Span));
        front.Add(Stored(SegmentKind.Map, PageMapCodec.Encode(map)));
        var header = new OverlayHeader
        {
            BaseId = baseVm.Id,
            DiskPages = baseVm.DiskPages,
            MemoryPages = baseVm.MemoryPages,
            Literals = map.Literals,
            SegmentPages = OverlayHeader.MostSegmentPages,
            Segments = [.. front.Select(f => f.Segment), .. literals],
        };
        Join(path, header, front, carried);
        return new OverlayMade(header, classifier.Counts, vm.QemuVersion);
    }

    private static void Join(string path, OverlayHeader header, List<(OverlaySegment Segment, byte[] Stored)> front, FileStream carried)
    {
        using var staged = new StagedFile(path);
        using (var file = staged.Open())
        {
            file.Write(header.ToBytes());
            foreach (var (_, stored) in front)
                file.Write(stored);
            carried.Position = 0;
            carried.CopyTo(file, 1 << 20);
        }

        staged.Publish();
    }

    private static (OverlaySegment Segment, byte[] Stored) Stored(SegmentKind kind, ReadOnlySpan<byte> plain)
    {
        using var compressor = new ZstdCompressor(19);
        var stored = compressor.Compress(plain);
        return (new OverlaySegment(kind, plain.Length, stored.Length, SHA256.HashData(stored)), stored);
    }
}
