using System.Diagnostics;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>The cost of scanning unchanged data.</summary>
internal static class ScanCost
{
    /// <summary>Seconds per GiB and core: an overlay of a VM that equals its base, with every page of data a candidate.</summary>
    public static double Measure(BaseVm baseVm, string folder, int runs)
    {
        using var disk = new SparseFile(baseVm.DiskPath);
        using var memory = new SparseFile(baseVm.MemoryPath);
        var (diskPages, memoryPages) = (Data(disk), Data(memory));
        var gib = diskPages.Concat(memoryPages).Sum(r => r.Count) * PageSize.Bytes / (double)(1 << 30);
        var seconds = new List<double>();
        for (var i = 0; i < runs; i++)
        {
            var watch = Stopwatch.StartNew();
            var writer = new OverlayWriter(new OverlayBase(baseVm.Id, disk, memory), baseVm.IndexPath);
            writer.Write(
                Path.Combine(folder, "nothing.overlay"),
                new OverlayContent(new ChangedStore(disk, diskPages), new ChangedStore(memory, memoryPages)) { Devices = new byte[1] },
                OverlayEffort.Fast,
                null,
                CancellationToken.None
            );
            seconds.Add(watch.Elapsed.TotalSeconds);
        }

        return new Samples(seconds).P50 * Environment.ProcessorCount / gib;
    }

    private static List<PageRun> Data(SparseFile file) =>
        [
            .. file.Data()
                .Select(r => new PageRun(
                    r.Start / PageSize.Bytes,
                    ((r.End + PageSize.Bytes - 1) / PageSize.Bytes) - (r.Start / PageSize.Bytes)
                )),
        ];
}
