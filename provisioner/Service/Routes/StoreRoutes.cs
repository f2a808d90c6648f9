using System.Globalization;
using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Work;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis;

namespace Cloudlet.Service.Routes;

/// <summary>/v1/store: maintenance, for administrators.</summary>
internal static class StoreRoutes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var store = app.MapGroup("/v1/store").WithTags("store");
        store
            .MapPost("/verify", (HttpContext context, Workshop shop) => RouteFrame.AcceptAsync(context, Verify(context.Caller(), shop)))
            .Described("verifyStore", "Compare every base with its digests, and check the disks of VMs that do not run", Role.Admin)
            .StartsOperation();
        store
            .MapPost("/collect", (HttpContext context, Workshop shop) => RouteFrame.AcceptAsync(context, Collect(context.Caller(), shop)))
            .Described("collectStore", "Remove leftovers of ended work, and all but the end of long logs", Role.Admin)
            .StartsOperation();
    }

    private static Operations.Operation Verify(Caller caller, Workshop shop) =>
        shop.Operations.Start(
            caller,
            "store.verify",
            "the store",
            async (operation, stop) =>
            {
                var (count, problems) = (0, new List<FieldProblem>());
                await foreach (var finding in new StoreKeeper(shop.Of(caller)).VerifyAsync(operation, stop))
                {
                    count++;
                    problems.AddRange(finding.Problems.Select(p => new FieldProblem($"{finding.Kind} {finding.Id}", p)));
                }

                return problems.Count > 0
                    ? throw new InvalidRequestException(problems)
                    : new OperationResult("store", "store", "/v1/host") { Note = $"{count} bases and VMs are well" };
            }
        );

    private static Operations.Operation Collect(Caller caller, Workshop shop) =>
        shop.Operations.Start(
            caller,
            "store.collect",
            "the store",
            async (operation, stop) =>
            {
                var removed = await Task.Run(() => new StoreKeeper(shop.Of(caller)).Collect(), stop);
                foreach (var (path, _) in removed)
                    operation.Report($"removed {Path.GetFileName(path)}");
                var kib = (removed.Sum(r => r.Bytes) >> 10).ToString(CultureInfo.InvariantCulture);
                return new OperationResult("store", "store", "/v1/host") { Note = $"{removed.Count} leftovers removed, {kib} KiB" };
            }
        );
}
