using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Disks;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Vms;

/// <summary>What an overlay is cut from.</summary>
public sealed record OverlayCut
{
    /// <summary>The VM, by name or id.</summary>
    public required string Vm { get; init; }

    /// <summary>File of the overlay; one that is there is replaced.</summary>
    public required string Path { get; init; }

    /// <summary>What to spare.</summary>
    public OverlayEffort Effort { get; init; }

    /// <summary>True: the guest first gives back what it does not use; its agent is needed for that.</summary>
    public bool Trims { get; init; }

    /// <summary>True: the VM ends when the overlay is whole. False: it goes on.</summary>
    public bool EndsVm { get; init; }
}

/// <summary>Cuts overlays from running VMs.</summary>
public sealed class OverlayCutter(RuntimeStore store)
{
    private static readonly TimeSpan s_trimLimit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Freezes the VM, writes the overlay, and lets the VM go on or ends it. Whatever goes wrong, the VM goes on, and no half an overlay is left. NotFound when there is no such VM that runs, Busy when another command works on it,
    /// NoSpace when the overlay, or what is written on the way, does not fit.
    /// </summary>
    public Task<OverlayMade> CutAsync(OverlayCut cut, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"cut overlay {cut.Path} from VM {cut.Vm}", () => MakeAsync(cut, progress, ct));

    private async Task<OverlayMade> MakeAsync(OverlayCut cut, IProgress<string> progress, CancellationToken ct)
    {
        using var staged = store.Stage();
        var running = new VmCatalog(store).Get(cut.Vm);
        Index(new BaseCatalog(store).Get(running.BaseId), progress, ct);
        if (cut.Trims)
        {
            progress.Report($"trimming the guest of VM {running.Label}");
            await GuestTrim.RunAsync(running, s_trimLimit, ct);
        }

        await using var vm = await new VmFreezer(store).FreezeAsync(running, staged["devices"], progress, ct);
        using var baseDisk = new SparseFile(vm.Base.DiskPath);
        using var baseMemory = new SparseFile(vm.Base.MemoryPath);
        using var layer = DiskLayer.Open(vm.DiskPath, await QemuImg.MapAsync(vm.Vm.Folder, RunningVm.DiskFile, ct), vm.Base.DiskPath);
        var content = new OverlayContent(new ChangedStore(layer, layer.Candidates()), new ChangedStore(vm.Memory, vm.Memory.PrivateRuns())) { Devices = await File.ReadAllBytesAsync(vm.DevicesPath, ct) };
        var pages = content.Disk.Candidates.Sum(r => r.Count) + content.Memory!.Candidates.Sum(r => r.Count);
        progress.Report($"comparing {pages * PageSize.Bytes >> 20} MiB with base {vm.Base.ShortId}");
        var writer = new OverlayWriter(new OverlayBase(vm.Base.Id, baseDisk, baseMemory), vm.Base.IndexPath);
        var made = await Task.Run(() => writer.Write(cut.Path, content, cut.Effort, new PacedProgress(progress, "comparing and compressing", pages), ct), ct);
        vm.EndsVm = cut.EndsVm;
        return made;
    }

    /// <summary>The index is made with the base, and again when it was lost, before the guest has to stand still.</summary>
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
