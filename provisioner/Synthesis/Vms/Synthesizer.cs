using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Disks;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Vms;

/// <summary>What a VM is to be synthesized from.</summary>
public sealed record Synthesis
{
    /// <summary>The overlay: a file, or an http(s) URL.</summary>
    public required string Place { get; init; }

    /// <summary>What people call the VM, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Ports of this machine's loopback that lead into the guest.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>True: the guest reaches what this machine reaches.</summary>
    public bool IsOpen { get; init; }

    /// <summary>How long a server may say nothing.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>
/// Makes VMs out of bases and overlays: while the overlay arrives, its pages are verified, decoded and written into a QEMU that waits with the base's memory mapped, and into a disk layer that it has open. The VM goes on only when the
/// whole overlay was verified; otherwise nothing is left of it.
/// </summary>
public sealed class Synthesizer(RuntimeStore store)
{
    /// <summary>
    /// Synthesizes a VM. NotFound when the overlay or its base is not there, InvalidInput when the overlay is damaged or none, Unreachable when the server does not send it, and everything that <see cref="VmStarter"/> refuses.
    /// </summary>
    public Task<RunningVm> SynthesizeAsync(Synthesis synthesis, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"synthesized a VM from {synthesis.Place}", () => MakeAsync(synthesis, progress, ct));

    private async Task<RunningVm> MakeAsync(Synthesis synthesis, IProgress<string> progress, CancellationToken ct)
    {
        await using var from = OverlaySource.Open(synthesis.Place, synthesis.Patience);
        var overlay = await OverlayReader.OpenAsync(from, ct);
        if (overlay.Header.MemoryPages == 0 || overlay.Header.BaseId == OverlayHeader.NoBase)
            throw new CloudletException(ErrorKind.InvalidInput, $"{synthesis.Place} is an exported base and no overlay: `cloudlet base import` takes it.");
        var origin = BaseOf(overlay.Header, synthesis.Place);
        using var disk = new SparseFile(origin.DiskPath);
        using var memory = new SparseFile(origin.MemoryPath);
        var baseVm = new OverlayBase(origin.Id, disk, memory);
        using var staged = store.Stage();
        Qcow2Layer? layer = null;
        try
        {
            var start = new VmStart
            {
                Base = origin,
                Name = synthesis.Name,
                Forwards = synthesis.Forwards,
                IsOpen = synthesis.IsOpen,
                MakeDisk = (path, _) =>
                {
                    layer = new Qcow2Layer(path, VmStarter.Below(origin, BaseVm.DiskFile), disk.Length);
                    return Task.CompletedTask;
                },
                Fill = async (guest, stop) =>
                {
                    var bytes = overlay.Header.Segments.Sum(s => (long)s.StoredLength);
                    await overlay.ApplyAsync(baseVm, layer!, guest, new PacedProgress(progress, $"applying {bytes >> 10} KiB", bytes), stop);
                    layer!.Finish();
                },
                DevicesPath = async stop =>
                {
                    await File.WriteAllBytesAsync(staged[BaseVm.DevicesFile], overlay.Devices, stop);
                    return staged[BaseVm.DevicesFile];
                },
            };
            return await new VmStarter(store).StartAsync(start, progress, ct);
        }
        finally
        {
            layer?.Dispose();
        }
    }

    private BaseVm BaseOf(OverlayHeader header, string place)
    {
        try
        {
            return new BaseCatalog(store).Get(header.BaseId);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound)
        {
            throw new CloudletException(ErrorKind.NotFound, $"{place} needs base {header.BaseId}, which {store.Folder} does not have: `cloudlet base export` it where it is, and `cloudlet base import` it here.", e);
        }
    }
}
