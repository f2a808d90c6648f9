using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Disks;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Vms;

/// <summary>What to make an overlay from, and how.</summary>
public sealed record OverlayCreateOptions
{
    /// <summary>The VM, by name or id.</summary>
    public required string Vm { get; init; }

    /// <summary>File of the overlay; an existing one is replaced.</summary>
    public required string Path { get; init; }

    /// <summary>Whether to save time or bytes.</summary>
    public OverlayEffort Effort { get; init; }

    /// <summary>True: trim the guest first, which needs its guest agent.</summary>
    public bool Trims { get; init; }

    /// <summary>True: end the VM when the overlay is complete. False: resume it.</summary>
    public bool EndsVm { get; init; }
}

/// <summary>Makes overlays of running VMs.</summary>
public sealed class OverlayCreator(RuntimeStore store)
{
    private static readonly TimeSpan TrimLimit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Freezes the VM, writes the overlay, and resumes or ends the VM. On failure the VM is resumed, and no partial overlay is left.
    /// NotFound when no such VM runs, Busy when another command uses it, NoSpace when the overlay or a temporary file does not fit.
    /// </summary>
    public Task<OverlayMade> CutAsync(OverlayCreateOptions cut, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"create overlay {cut.Path} of VM {cut.Vm}", () => MakeAsync(cut, progress, ct));

    private async Task<OverlayMade> MakeAsync(OverlayCreateOptions cut, IProgress<string> progress, CancellationToken ct)
    {
        OutputPath.Of(cut.Path);
        using var staged = store.Stage();
        var running = new VmCatalog(store).Get(cut.Vm);
        var origin = new BaseCatalog(store).Get(running.BaseId);
        using var inUse = BaseCatalog.Hold(origin);
        BaseSeal.Require(origin, progress, ct);
        Index(origin, progress, ct);
        if (cut.Trims)
        {
            progress.Report($"trimming the guest of VM {running.Label}");
            await GuestTrim.RunAsync(running, TrimLimit, ct);
        }

        await using var vm = await new VmFreezer(store).FreezeAsync(running, staged["devices"], progress, ct);
        using var baseDisk = new SparseFile(vm.Base.DiskPath);
        using var baseMemory = new SparseFile(vm.Base.MemoryPath);
        using var layer = DiskLayer.Open(vm.DiskPath, await QemuImg.MapAsync(vm.Vm.Folder, RunningVm.DiskFile, ct), vm.Base.DiskPath);
        var content = new OverlayContent(new ChangedStore(layer, layer.Candidates()), new ChangedStore(vm.Memory, vm.Memory.PrivateRuns()))
        {
            Devices = await File.ReadAllBytesAsync(vm.DevicesPath, ct),
            QemuVersion = vm.QemuVersion,
        };
        var pages = content.Disk.Candidates.Sum(r => r.Count) + content.Memory!.Candidates.Sum(r => r.Count);
        progress.Report($"comparing {pages * PageSize.Bytes >> 20} MiB with base {vm.Base.ShortId}");
        var writer = new OverlayWriter(new OverlayBase(vm.Base.Id, baseDisk, baseMemory), vm.Base.IndexPath);
        var made = await Task.Run(
            () =>
                writer.Write(
                    cut.Path,
                    content,
                    cut.Effort,
                    new PacedProgress(progress, "comparing and compressing", pages, PageSize.Bytes),
                    ct
                ),
            ct
        );
        vm.EndsVm = cut.EndsVm;
        return made;
    }

    /// <summary>Makes the base's index again if it was lost, before the guest is paused.</summary>
    private static void Index(BaseVm vm, IProgress<string> progress, CancellationToken ct)
    {
        using (var there = PageIndex.TryOpen(vm.IndexPath))
            if (there is not null)
                return;
        progress.Report($"indexing the pages of base {vm.ShortId} again");
        using var disk = new SparseFile(vm.DiskPath);
        using var memory = new SparseFile(vm.MemoryPath);
        PageIndex.Build(vm.IndexPath, disk, memory, null, ct);
    }
}
