using System.Diagnostics;
using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Operations;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Shelf;
using Cloudlet.Synthesis.Store;
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
    public async Task<Operation> CreateAsync(Caller caller, CreateVmRequest request, CancellationToken ct)
    {
        Check(request);
        var memory = await MemoryOfAsync(caller, request, ct);
        var upload = request.Upload is null ? null : shop.Uploads.Take(request.Upload, caller.Scope);
        IDisposable held;
        try
        {
            held = new Several(upload, shop.Quota.Reserve(caller, new QuotaView(1, memory >> 20, 0, 0)));
        }
        catch
        {
            upload?.Dispose();
            throw;
        }

        var target = request.Base ?? request.Overlay ?? request.Url ?? $"upload {request.Upload}";
        return shop.Operations.Start(
            caller,
            "vm.create",
            target,
            (operation, stop) => StartAsync(caller, request, upload?.Path, operation, stop),
            held
        );
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
            var synthesis = new SynthesisRequest
            {
                Place = upload ?? request.Url ?? new OverlayShelf(seen).Get(request.Overlay!).Path,
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

    /// <summary>Memory of the machine that is to start, bytes; 0 when only the overlay's server knows.</summary>
    private async Task<long> MemoryOfAsync(Caller caller, CreateVmRequest request, CancellationToken ct)
    {
        if (request.Base is not null)
            return new BaseCatalog(shop.Of(caller)).Get(request.Base).Manifest.Definition?.MemoryBytes ?? 0;
        if (request.Overlay is not null)
            return new OverlayShelf(shop.Of(caller)).Get(request.Overlay).MemoryBytes;
        if (request.Url is null)
            return 0;
        await using var from = OverlaySource.Open(request.Url, policy: shop.Fetch);
        return (await OverlayReader.SummaryAsync(from, ct)).Header.MemoryPages * Cloudlet.Synthesis.Pages.PageSize.Bytes;
    }

    /// <summary>InvalidRequestException with everything that is wrong.</summary>
    internal static void Check(CreateVmRequest request)
    {
        var checks = new FieldChecks()
            .OneOf(("base", request.Base), ("overlay", request.Overlay), ("upload", request.Upload), ("url", request.Url))
            .Name(request.Name)
            .Url(request.Url)
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
