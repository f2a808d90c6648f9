using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>What an overlay is made for.</summary>
public enum OverlayEffort
{
    /// <summary>Little time.</summary>
    Fast,

    /// <summary>Few bytes.</summary>
    Small,
}

/// <summary>An overlay that was made.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Counts">Pages by what became of them.</param>
public sealed record OverlayMade(OverlayHeader Header, OverlayCounts Counts);

/// <summary>Cuts overlays: the difference of a VM to its base, in one file.</summary>
/// <param name="baseVm">The base.</param>
/// <param name="indexPath">File of the base's page index; null for a base of zeros.</param>
public sealed class OverlayWriter(OverlayBase baseVm, string? indexPath)
{
    /// <summary>
    /// Makes the overlay. The file is there whole, or not at all. InvalidInput when the VM's stores are not of the base's size; NoSpace and others as the file system says.
    /// </summary>
    /// <param name="path">Its file; one that is there is replaced.</param>
    /// <param name="vm">What it has to hold.</param>
    /// <param name="effort">What to spare.</param>
    /// <param name="progress">Takes the pages looked at so far, of all candidates.</param>
    /// <param name="ct">Stops it.</param>
    public OverlayMade Write(string path, OverlayContent vm, OverlayEffort effort, IProgress<long>? progress, CancellationToken ct)
    {
        if (vm.Disk.Pages.Length != baseVm.Disk.Length || (vm.Memory?.Pages.Length ?? 0) != (baseVm.Memory?.Length ?? 0))
            throw new CloudletException(ErrorKind.InvalidInput, $"the VM's disk or memory does not have the size of those of base {baseVm.Id}: it was not made from it.");
        using var waiting = new StagedFile(path);
        using var carried = waiting.Open();
        using var index = indexPath is null ? null : PageIndex.TryOpen(indexPath) ?? throw new CloudletException(ErrorKind.NotFound, $"{indexPath} is no index of the base's pages.");
        using var coder = new SegmentCoder(effort == OverlayEffort.Small);
        using var segments = new LiteralSegments(carried, coder, baseVm, index);
        var classifier = new PageClassifier(baseVm, index, vm.Disk, vm.Memory, segments);
        var scan = new StoreScan(classifier, progress, ct);
        scan.Run(PageSpace.Disk, vm.Disk, baseVm.Disk);
        if (vm.Memory is not null)
            scan.Run(PageSpace.Memory, vm.Memory, baseVm.Memory!);
        var literals = segments.Finish();
        var map = classifier.Map with { References = segments.References };
        var front = new List<(OverlaySegment Segment, byte[] Stored)>();
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
            SegmentPages = SegmentCoder.SegmentPages,
            Segments = [.. front.Select(f => f.Segment), .. literals],
        };
        Join(path, header, front, carried);
        return new OverlayMade(header, classifier.Counts);
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
