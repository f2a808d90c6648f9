using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Disks;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Refusals;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Vms;

/// <summary>What to synthesize a VM from.</summary>
public sealed record SynthesisRequest
{
    /// <summary>The overlay: a file, or an http(s) URL.</summary>
    public required string Place { get; init; }

    /// <summary>Name of the VM, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Ports of this machine's loopback that are forwarded to the guest.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>True: the guest can reach every network that this machine can reach.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Which servers may be asked; null for all.</summary>
    public FetchPolicy? Policy { get; init; }

    /// <summary>How long a server may send nothing.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>
/// Makes VMs from overlays and their bases. While the overlay arrives, its pages are verified, decoded and written into the memory of a
/// waiting QEMU and into its disk layer. The VM runs only after the whole overlay was verified; otherwise nothing is left of it.
/// </summary>
public sealed class Synthesizer(RuntimeStore store)
{
    /// <summary>
    /// Synthesizes a VM. NotFound when the overlay or its base is missing, InvalidInput when the file is damaged or not an overlay,
    /// Unreachable when the server does not send it, and the errors of <see cref="VmStarter"/>.
    /// </summary>
    public Task<RunningVm> SynthesizeAsync(SynthesisRequest synthesis, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"synthesize a VM from {synthesis.Place}", () => MakeAsync(synthesis, progress, ct));

    private async Task<RunningVm> MakeAsync(SynthesisRequest synthesis, IProgress<string> progress, CancellationToken ct)
    {
        await using var from = OverlaySource.Open(synthesis.Place, synthesis.Patience, synthesis.Policy);
        var overlay = await OverlayReader.OpenAsync(from, ct);
        if (overlay.Header.MemoryPages == 0 || overlay.Header.BaseId == OverlayHeader.NoBase)
            throw new OverlayRefusedException(
                ErrorKind.InvalidInput,
                OverlayRefusal.Of(
                    OverlayRefusalCode.NotAnOverlay,
                    $"{synthesis.Place} can't be synthesized",
                    "an overlay",
                    "an exported base",
                    "import it with `cloudlet base import`"
                )
            );
        var origin = BaseOf(overlay.Header, synthesis.Place);
        using var disk = new SparseFile(origin.DiskPath);
        using var memory = new SparseFile(origin.MemoryPath);
        var baseVm = new OverlayBase(origin.Id, disk, memory);
        using var staged = store.Stage();
        Room.Require(staged.Path, overlay.Map.BytesFor(PageSpace.Disk), $"the disk layer of {synthesis.Place}");
        Qcow2Layer? layer = null;
        try
        {
            var start = new VmStartOptions
            {
                Base = origin,
                Name = synthesis.Name,
                IsFromOverlay = true,
                QemuVersion = overlay.QemuVersion,
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
                    await overlay.ApplyAsync(
                        baseVm,
                        layer!,
                        guest,
                        new PacedProgress(progress, $"applying {bytes >> 10} KiB", bytes),
                        stop
                    );
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
            var origin = new BaseCatalog(store).Get(header.BaseId);
            return origin.Manifest.IsSealed
                ? origin
                : throw new OverlayRefusedException(
                    ErrorKind.InvalidInput,
                    OverlayRefusal.Of(
                        OverlayRefusalCode.BaseNotSealed,
                        $"{place} can't be used with base {origin.ShortId}",
                        "a sealed base",
                        "a disk alone",
                        "fetch the overlay again"
                    )
                );
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound)
        {
            throw new OverlayRefusedException(
                ErrorKind.NotFound,
                new OverlayRefusal(
                    OverlayRefusalCode.BaseMissing,
                    header.BaseId,
                    null,
                    $"{place} needs base {header.BaseId}, which is not in {store.Folder}; export it on a host that has it with "
                        + "`cloudlet base export`, and import it here with `cloudlet base import`"
                ),
                e
            );
        }
    }
}
