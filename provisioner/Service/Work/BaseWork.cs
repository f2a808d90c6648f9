using Cloudlet.Errors;
using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Operations;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Service.Work;

/// <summary>Everything that can be done with bases.</summary>
/// <param name="shop">What it needs.</param>
/// <param name="exports">Exported bases that wait to be fetched.</param>
public sealed class BaseWork(Workshop shop, ExportShelf exports)
{
    private static readonly string[] Formats = ["raw", "qcow2", "vmdk", "vdi", "vhdx"];

    /// <summary>The bases that a caller sees.</summary>
    public IReadOnlyList<BaseView> List(Caller caller) =>
        [.. new BaseCatalog(shop.Of(caller)).List().Select(b => Views.Of(b, caller.Scope))];

    /// <summary>One base; NotFound.</summary>
    public BaseView Get(Caller caller, string idOrName) => Views.Of(new BaseCatalog(shop.Of(caller)).Get(idOrName), caller.Scope);

    /// <summary>Makes a base of an upload, a URL or the disk of another base.</summary>
    public Operation Create(Caller caller, CreateBaseRequest request)
    {
        Check(caller, request);
        var origin = request.From is null ? null : new BaseCatalog(shop.Of(caller)).Get(request.From);
        var creation = request.Boot is null ? null : CreationOf(request, request.Boot);
        var upload = request.Upload is null ? null : shop.Uploads.Take(request.Upload, caller.Scope);
        return shop.Operations.Start(
            caller,
            "base.create",
            request.From ?? request.Url ?? $"upload {request.Upload}",
            async (operation, stop) =>
            {
                var store = request.Public ? shop.For(caller).For(null) : shop.For(caller);
                var made = creation is null
                    ? await ImportAsync(store, upload?.Path ?? request.Url!, request, operation, stop)
                    : await new BaseCreator(store).CreateAsync(
                        creation with
                        {
                            Source = upload?.Path ?? origin!.DiskPath,
                            Format = origin is null ? creation.Format : "raw",
                        },
                        operation,
                        stop
                    );
                return new OperationResult("base", made.Id, $"/v1/bases/{made.Id}");
            },
            upload
        );
    }

    /// <summary>Removes a base. Busy while VMs build on it.</summary>
    public void Remove(Caller caller, string idOrName) => new StoreKeeper(shop.Of(caller)).RemoveBase(idOrName);

    /// <summary>Writes a base to a file that the result names, for a day.</summary>
    public Operation Export(Caller caller, string idOrName, bool isSmall)
    {
        var one = new BaseCatalog(shop.Of(caller)).Get(idOrName);
        return shop.Operations.Start(
            caller,
            "base.export",
            one.Name ?? one.ShortId,
            async (operation, stop) =>
            {
                var id = await exports.AddAsync(
                    caller.Project,
                    path =>
                        new BaseArchive(shop.Of(caller)).ExportAsync(
                            one,
                            path,
                            isSmall ? OverlayEffort.Small : OverlayEffort.Fast,
                            operation,
                            stop
                        )
                );
                return new OperationResult("file", id, $"/v1/exports/{id}");
            }
        );
    }

    /// <summary>Verifies a base by its digests.</summary>
    public Operation Verify(Caller caller, string idOrName)
    {
        var one = new BaseCatalog(shop.Of(caller)).Get(idOrName);
        return shop.Operations.Start(
            caller,
            "base.verify",
            one.Name ?? one.ShortId,
            async (operation, stop) =>
            {
                await foreach (var finding in new StoreKeeper(shop.Of(caller)).VerifyAsync([one], operation, stop))
                    if (finding.Problems.Count > 0)
                        throw new CloudletException(
                            ErrorKind.Obstructed,
                            $"base {one.ShortId} is damaged: {string.Join("; ", finding.Problems)}"
                        );
                return new OperationResult("base", one.Id, $"/v1/bases/{one.Id}");
            }
        );
    }

    private async Task<BaseVm> ImportAsync(
        RuntimeStore store,
        string place,
        CreateBaseRequest request,
        Operation operation,
        CancellationToken ct
    ) =>
        request.Format is null && BaseArchive.IsOne(place)
            ? await new BaseArchive(store).ImportAsync(place, request.Name, operation, ct, shop.Fetch)
            : await new BaseImporter(store).ImportAsync(place, request.Format, request.Name, operation, ct);

    /// <summary>InvalidRequestException with everything that is wrong.</summary>
    internal void Check(Caller caller, CreateBaseRequest request)
    {
        var checks = new FieldChecks()
            .OneOf(("upload", request.Upload), ("url", request.Url), ("from", request.From))
            .Name(request.Name)
            .Url(request.Url)
            .Require(
                request.Format is null || Formats.Contains(request.Format),
                "format",
                $"expected one of {string.Join(", ", Formats)}, found '{request.Format}'"
            )
            .Require(request.From is null || request.Boot is not null, "boot", "missing: it says how to boot the base that `from` names")
            .Require(request.Url is null || request.Boot is null, "boot", "an exported base is not booted: leave it out")
            .Require(
                !request.Public || caller.Role == Role.Admin,
                "public",
                "only administrators make public bases: leave it out, or ask one"
            );
        checks.Require(
            request.Boot is not { OpenNetwork: true } || shop.MayOpenNetworks(caller),
            "boot.openNetwork",
            Workshop.ClosedNetworks
        );
        if (request.Boot is { } boot)
            Check(boot, checks);
        checks.Done();
    }

    private static void Check(BootRequest boot, FieldChecks checks)
    {
        checks
            .Between(boot.MemoryMib, VmDefinition.LeastMemory >> 20, VmDefinition.MostMemory >> 20, "boot.memoryMib")
            .Between(boot.Cpus, 1, VmDefinition.MostCpus, "boot.cpus")
            .Between(boot.TimeoutSeconds, 1, 86400, "boot.timeoutSeconds")
            .Require(boot.Accelerator is null or "kvm" or "tcg", "boot.accelerator", $"expected kvm or tcg, found '{boot.Accelerator}'")
            .Require(
                boot.Disk is null or VmDefinition.Virtio || VmDefinition.OtherDisks.Contains(boot.Disk),
                "boot.disk",
                $"expected virtio, {string.Join(", ", VmDefinition.OtherDisks)}, found '{boot.Disk}'"
            )
            .Require(
                boot.Card is null or VmDefinition.Virtio || VmDefinition.OtherCards.Contains(boot.Card),
                "boot.card",
                $"expected virtio, {string.Join(", ", VmDefinition.OtherCards)}, found '{boot.Card}'"
            );
        if (checks.Read(boot.Until, Readiness.Parse, "boot.until") is { Kind: ReadinessKind.Manual })
            checks.Require(false, "boot.until", "manual is not available over the API: expected serial:, port:, idle: or time:");
    }

    private static BaseCreation CreationOf(CreateBaseRequest request, BootRequest boot) =>
        new()
        {
            Source = "",
            Format = request.Format,
            Name = request.Name,
            MemoryBytes = (long)boot.MemoryMib << 20,
            Cpus = boot.Cpus,
            Cpu = boot.Cpu ?? BaseCreation.DefaultCpu,
            Accelerator = boot.Accelerator,
            Disk = boot.Disk ?? VmDefinition.Virtio,
            Card = boot.Card ?? VmDefinition.Virtio,
            Until = Readiness.Parse(boot.Until),
            Limit = TimeSpan.FromSeconds(boot.TimeoutSeconds),
            IsOpen = boot.OpenNetwork,
        };
}
