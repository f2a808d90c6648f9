using System.Diagnostics;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Disks;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>Our program, as its users run it, on a VM that is paused between the runs.</summary>
internal sealed class OurOverlay(RuntimeStore store, string folder)
{
    /// <summary>Creates an overlay several times, applies it, and compares the result.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="baseVm">Its base.</param>
    /// <param name="after">The VM's disk and memory, as given to the peers; null when the VM has run since and can't be compared.</param>
    /// <param name="isSmall">True: with --small.</param>
    /// <param name="runs">Number of runs; the medians count.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<OverlayFigures> RunAsync(RunningVm vm, BaseVm baseVm, string? after, bool isSmall, int runs, CancellationToken ct)
    {
        var overlay = Path.Combine(folder, "ours.overlay");
        var created = new List<MeasuredRun>();
        for (var i = 0; i < runs; i++)
        {
            var run = await MeasuredProcess.RunAsync(
                Published.Program(),
                ["overlay", "create", vm.Id, overlay, .. isSmall ? ["--small"] : Array.Empty<string>(), "--store", store.Folder],
                null,
                ct
            );
            created.Add(run.ExitCode == 0 ? run : throw new CloudletException(ErrorKind.ProcessFailed, run.Error));
        }

        var start = await MeasuredProcess.RunAsync(Published.Program(), ["overlay", "show", overlay], null, ct);
        var applied = new List<double>();
        for (var i = 0; i < runs; i++)
            applied.Add(start.Seconds + await ApplyAsync(overlay, baseVm, i == 0 ? after : null, ct));
        return new OverlayFigures(
            isSmall ? "cloudlet overlay create --small" : "cloudlet overlay create",
            new FileInfo(overlay).Length,
            new Samples([.. created.Select(r => r.Seconds)]).P50,
            new Samples(applied).P50,
            created.Max(r => r.PeakMiB)
        );
    }

    /// <summary>
    /// Seconds to verify and apply, into a disk layer and a sparse file in place of a process's memory; the caller adds the start of the
    /// process.
    /// </summary>
    private async Task<double> ApplyAsync(string overlay, BaseVm baseVm, string? after, CancellationToken ct)
    {
        var (layerPath, memoryPath) = (Path.Combine(folder, "layer"), Path.Combine(folder, "memory"));
        File.Delete(layerPath);
        File.Delete(memoryPath);
        using var disk = new SparseFile(baseVm.DiskPath);
        using var memory = new SparseFile(baseVm.MemoryPath);
        using var target = SparseFile.Create(memoryPath, memory.Length);
        using var layer = new Qcow2Layer(layerPath, baseVm.DiskPath, disk.Length);
        var watch = Stopwatch.StartNew();
        await using (var file = File.OpenRead(overlay))
        {
            var reader = await OverlayReader.OpenAsync(file, ct);
            await reader.ApplyAsync(new OverlayBase(baseVm.Id, disk, memory), layer, target, null, ct);
            layer.Finish();
            var seconds = watch.Elapsed.TotalSeconds;
            if (after is not null)
                Compare(reader.Map, memory, target, after, disk.Length);
            return seconds;
        }
    }

    /// <summary>The overlay's memory must equal the memory that the peers were given.</summary>
    private static void Compare(PageMap map, SparseFile before, SparseFile written, string after, long diskLength)
    {
        using var expected = new SparseFile(after);
        var changed = new HashSet<long>(
            map.Runs.Where(r => r.Space == PageSpace.Memory).SelectMany(r => Enumerable.Range(0, (int)r.Count).Select(i => r.Start + i))
        );
        var (page, wanted) = (new byte[PageSize.Bytes], new byte[PageSize.Bytes]);
        for (var number = 0L; number < before.Length / PageSize.Bytes; number++)
        {
            (changed.Contains(number) ? written : before).Read(number * PageSize.Bytes, page);
            expected.Read(diskLength + (number * PageSize.Bytes), wanted);
            if (!page.AsSpan().SequenceEqual(wanted))
                throw new CloudletException(ErrorKind.Unexpected, $"page {number} of the memory is not restored correctly");
        }
    }
}
