using System.Diagnostics;
using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Operations;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Shelf;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Service.Work;

/// <summary>Everything that can be done with VMs.</summary>
/// <param name="shop">What it needs.</param>
public sealed class VmWork(Workshop shop)
{
    private const int MostForwards = 32;
    private const int TailLines = 30;
    private static readonly TimeSpan ClockLimit = TimeSpan.FromSeconds(30);

    /// <summary>The VMs that a caller sees.</summary>
    public async Task<IReadOnlyList<VmView>> ListAsync(Caller caller, CancellationToken ct) =>
        await Task.WhenAll(new VmCatalog(shop.Of(caller)).List().Select(async v => Views.Of(v, await v.StateAsync(ct))));

    /// <summary>One VM; NotFound.</summary>
    public RunningVm Get(Caller caller, string idOrName) => new VmCatalog(shop.Of(caller)).Get(idOrName);

    /// <summary>One VM with the end of its console.</summary>
    public static async Task<VmView> ShowAsync(RunningVm vm, CancellationToken ct) =>
        Views.Of(vm, await vm.StateAsync(ct)) with
        {
            ConsoleTail = vm.ConsoleTail(TailLines),
        };

    /// <summary>Starts a VM from a base, an overlay that is kept here, an upload or a URL.</summary>
    public Operation Create(Caller caller, CreateVmRequest request)
    {
        Check(caller, request);
        var quota = Reserve(caller, request);
        try
        {
            var upload = request.Upload is null ? null : shop.Uploads.Take(request.Upload, caller.Scope);
            return shop.Operations.Start(
                caller,
                "vm.create",
                request.Base ?? request.Overlay ?? request.Url ?? $"upload {request.Upload}",
                (operation, stop) => StartAsync(caller, request, upload?.Path, operation, stop),
                new Several(upload, quota)
            );
        }
        catch
        {
            quota?.Dispose();
            throw;
        }
    }

    /// <summary>Pauses or continues a guest.</summary>
    public async Task<VmView> SetPausedAsync(Caller caller, string idOrName, bool isPaused, CancellationToken ct)
    {
        var vm = Get(caller, idOrName);
        await (isPaused ? vm.PauseAsync(ct) : vm.ContinueAsync(ct));
        return await ShowAsync(vm, ct);
    }

    /// <summary>Stops a VM, and with <paramref name="removes"/> removes it.</summary>
    public Operation Stop(Caller caller, string idOrName, StopVmRequest request, bool removes)
    {
        new FieldChecks().Between(request.TimeoutSeconds, 1, 3600, "timeoutSeconds").Done();
        var vm = Get(caller, idOrName);
        return shop.Operations.Start(
            caller,
            removes ? "vm.remove" : "vm.stop",
            vm.Label,
            async (operation, stop) =>
            {
                await new VmStopper(shop.Of(caller)).StopAsync(
                    vm.Id,
                    request.Force,
                    removes,
                    TimeSpan.FromSeconds(request.TimeoutSeconds),
                    operation,
                    stop
                );
                return removes ? null : ResultOf(vm);
            }
        );
    }

    private async Task<OperationResult?> StartAsync(
        Caller caller,
        CreateVmRequest request,
        string? upload,
        Operation operation,
        CancellationToken ct
    )
    {
        var watch = Stopwatch.StartNew();
        var (store, seen) = (shop.For(caller), shop.Of(caller));
        RunningVm vm;
        if (request.Base is not null)
        {
            var start = new VmStartOptions
            {
                Base = new BaseCatalog(seen).Get(request.Base),
                Name = request.Name,
                Forwards = Views.Of(request.Forwards),
                IsOpen = request.OpenNetwork,
            };
            vm = await new VmStarter(store).StartAsync(start, operation, ct);
        }
        else
        {
            var place = upload ?? request.Url ?? new OverlayShelf(seen).Get(request.Overlay!).Path;
            using var quota = request.Overlay is null ? await ReserveAsync(caller, place, shop.Fetch, ct) : null;
            var synthesis = new SynthesisRequest
            {
                Place = place,
                Name = request.Name,
                Forwards = Views.Of(request.Forwards),
                IsOpen = request.OpenNetwork,
                Policy = shop.Fetch,
            };
            vm = await new Synthesizer(store).SynthesizeAsync(synthesis, operation, ct);
        }

        var took = watch.Elapsed.TotalMilliseconds;
        operation.Report("the guest runs; correcting its clock");
        var clock = await GuestClock.CorrectAsync(vm, ClockLimit, CancellationToken.None);
        return ResultOf(vm) with { Note = clock.Note, ResumeMs = Math.Round(took, 1) };
    }

    /// <summary>
    /// Reserves a VM with its memory. Null when only the overlay says how much that is: it is reserved when the overlay is read.
    /// </summary>
    private IDisposable? Reserve(Caller caller, CreateVmRequest request)
    {
        if (request.Base is null && request.Overlay is null)
            return null;
        var memory = request.Base is not null
            ? new BaseCatalog(shop.Of(caller)).Get(request.Base).Manifest.Definition?.MemoryBytes ?? 0
            : new OverlayShelf(shop.Of(caller)).Get(request.Overlay!).MemoryBytes;
        return Reserve(caller, memory);
    }

    private IDisposable Reserve(Caller caller, long memory) => shop.Quota.Reserve(caller, new QuotaView(1, memory >> 20, 0, 0));

    private async Task<IDisposable> ReserveAsync(Caller caller, string place, FetchPolicy? policy, CancellationToken ct)
    {
        await using var from = OverlaySource.Open(place, policy: policy);
        return Reserve(caller, (await OverlayReader.SummaryAsync(from, ct)).Header.MemoryPages * PageSize.Bytes);
    }

    /// <summary>InvalidRequestException with everything that is wrong.</summary>
    internal void Check(Caller caller, CreateVmRequest request)
    {
        var checks = new FieldChecks()
            .OneOf(("base", request.Base), ("overlay", request.Overlay), ("upload", request.Upload), ("url", request.Url))
            .Name(request.Name)
            .Url(request.Url)
            .Require(!request.OpenNetwork || shop.MayOpenNetworks(caller), "openNetwork", Workshop.ClosedNetworks)
            .Between(request.Forwards.Count, 0, MostForwards, "forwards");
        foreach (var (forward, i) in request.Forwards.Take(MostForwards).Select((f, i) => (f, i)))
            checks
                .Between(forward.Host, 0, 65535, $"forwards[{i}].host")
                .Require(forward.Host is 0 or >= 1024, $"forwards[{i}].host", $"expected 0 or a port from 1024, found {forward.Host}")
                .Between(forward.Guest, 1, 65535, $"forwards[{i}].guest");
        checks.Done();
    }

    private static OperationResult ResultOf(RunningVm vm) => new("vm", vm.Id, $"/v1/vms/{vm.Id}");
}

/// <summary>Disposes several things.</summary>
internal sealed class Several(params IReadOnlyList<IDisposable?> all) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in all)
            one?.Dispose();
    }
}
