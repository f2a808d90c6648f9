using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Operations;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Shelf;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Service.Work;

/// <summary>Everything that can be done with overlays.</summary>
/// <param name="shop">What it needs.</param>
public sealed class OverlayWork(Workshop shop)
{
    /// <summary>The overlays that a caller sees.</summary>
    public IReadOnlyList<OverlayView> List(Caller caller) => [.. new OverlayShelf(shop.Of(caller)).List().Select(Views.Of)];

    /// <summary>One overlay; NotFound.</summary>
    public ShelvedOverlay Get(Caller caller, string idOrName) => new OverlayShelf(shop.Of(caller)).Get(idOrName);

    /// <summary>Where what it carries lies.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="idOrName">The overlay.</param>
    /// <param name="cells">The most cells for each of disk and memory.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<OverlayMapView> MapAsync(Caller caller, string idOrName, int cells, CancellationToken ct)
    {
        new FieldChecks().Between(cells, 1, 65536, "cells").Done();
        await using var from = File.OpenRead(Get(caller, idOrName).Path);
        var picture = OverlayPicture.Of(await OverlayReader.OpenAsync(from, ct), cells);
        return new OverlayMapView(
            picture.DiskBytesPerCell,
            picture.Disk,
            picture.MemoryBytesPerCell,
            picture.Memory,
            picture.Zero,
            picture.Referenced,
            picture.Carried,
            picture.Unchanged
        );
    }

    /// <summary>Makes an overlay of a VM, or keeps an upload as one.</summary>
    public Operation Create(Caller caller, CreateOverlayRequest request)
    {
        Check(request);
        var vm = request.Vm is null ? null : new VmCatalog(shop.Of(caller)).Get(request.Vm);
        var upload = request.Upload is null ? null : shop.Uploads.Take(request.Upload, caller.Scope);
        return shop.Operations.Start(
            caller,
            "overlay.create",
            vm?.Label ?? $"upload {request.Upload}",
            async (operation, stop) =>
            {
                var kept = await new OverlayShelf(shop.For(caller)).AddAsync(
                    request.Name,
                    (path, ct) =>
                        vm is null ? CopyAsync(upload!.Path, path, operation, ct) : CutAsync(caller, vm, request, path, operation, ct),
                    stop
                );
                return new OperationResult("overlay", kept.Id, $"/v1/overlays/{kept.Id}");
            },
            upload
        );
    }

    /// <summary>InvalidRequestException with everything that is wrong.</summary>
    internal static void Check(CreateOverlayRequest request) =>
        new FieldChecks()
            .OneOf(("vm", request.Vm), ("upload", request.Upload))
            .Name(request.Name)
            .Require(
                request.Upload is null || !(request.Small || request.Trim || request.End),
                "upload",
                "small, trim and end are for overlays of VMs: leave them out"
            )
            .Done();

    /// <summary>Verifies every byte of an overlay.</summary>
    public Operation Verify(Caller caller, string idOrName)
    {
        var overlay = Get(caller, idOrName);
        return shop.Operations.Start(
            caller,
            "overlay.verify",
            overlay.Name ?? overlay.Id,
            async (_, stop) =>
            {
                await VerifyAsync(overlay.Path, stop);
                return new OperationResult("overlay", overlay.Id, $"/v1/overlays/{overlay.Id}");
            }
        );
    }

    /// <summary>Removes an overlay.</summary>
    public void Remove(Caller caller, string idOrName) => new OverlayShelf(shop.Of(caller)).Remove(idOrName);

    private Task<OverlayMade> CutAsync(
        Caller caller,
        RunningVm vm,
        CreateOverlayRequest request,
        string path,
        Operation operation,
        CancellationToken ct
    ) =>
        new OverlayCreator(shop.Of(caller)).CutAsync(
            new OverlayCreateOptions
            {
                Vm = vm.Id,
                Path = path,
                Effort = request.Small ? OverlayEffort.Small : OverlayEffort.Fast,
                Trims = request.Trim,
                EndsVm = request.End,
            },
            operation,
            ct
        );

    private static async Task CopyAsync(string from, string to, Operation operation, CancellationToken ct)
    {
        operation.Report("verifying");
        await VerifyAsync(from, ct);
        File.Copy(from, to);
    }

    private static async Task VerifyAsync(string path, CancellationToken ct)
    {
        await using var from = File.OpenRead(path);
        var overlay = await OverlayReader.OpenAsync(from, ct);
        await overlay.VerifyAsync(null, ct);
    }
}
