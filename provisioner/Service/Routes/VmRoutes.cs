using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Work;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Routes;

/// <summary>/v1/vms.</summary>
internal static class VmRoutes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var vms = app.MapGroup("/v1/vms").WithTags("vms");
        vms.MapGet("", (HttpContext context, VmWork work, string? name, string? state) => ListAsync(context, work))
            .Described("listVms", "The VMs of your project")
            .OfPage<VmView>();
        vms.MapPost(
                "",
                async (HttpContext context, VmWork work) =>
                    await RouteFrame.AcceptAsync(
                        context,
                        work.Create(context.Caller(), await Bodies.ReadAsync(context, RequestJson.Default.CreateVmRequest))
                    )
            )
            .Described("createVm", "Resume a base, or synthesize a VM from an overlay", Role.Member)
            .Accepts<CreateVmRequest>("application/json")
            .StartsOperation();
        vms.MapGet("/{id}", ShowAsync).Described("getVm", "One VM, by its name or id, with the end of its console").OfOne<VmView>();
        vms.MapDelete(
                "/{id}",
                async (HttpContext context, VmWork work, string id, bool? force, int? timeoutSeconds) =>
                {
                    await RequireMatchAsync(context, work, id);
                    var request = new StopVmRequest { Force = force ?? false, TimeoutSeconds = timeoutSeconds ?? 90 };
                    await RouteFrame.AcceptAsync(context, work.Stop(context.Caller(), id, request, removes: true));
                }
            )
            .Described("removeVm", "Stop a VM and remove its disk and logs", Role.Member)
            .StartsOperation();
        vms.MapPost(
                "/{id}/stop",
                async (HttpContext context, VmWork work, string id) =>
                {
                    var request = await Bodies.ReadAsync(context, RequestJson.Default.StopVmRequest);
                    await RequireMatchAsync(context, work, id);
                    await RouteFrame.AcceptAsync(context, work.Stop(context.Caller(), id, request, removes: false));
                }
            )
            .Described("stopVm", "Shut a guest down, or power it off", Role.Member)
            .Accepts<StopVmRequest>("application/json")
            .StartsOperation();
        foreach (
            var (word, isPaused, summary) in new[]
            {
                ("pause", true, "Pause a guest"),
                ("continue", false, "Continue a paused or stalled guest"),
            }
        )
            vms.MapPost("/{id}/" + word, (HttpContext context, VmWork work, string id) => PauseAsync(context, work, id, isPaused))
                .Described($"{word}Vm", summary, Role.Member)
                .OfOne<VmView>();
        vms.MapGet("/{id}/console", (HttpContext context, VmWork work, string id) => ConsoleSocket.ServeAsync(context, work, id))
            .Described("openConsole", "The serial port, as binary messages of a WebSocket", Role.Member)
            .Produces(StatusCodes.Status101SwitchingProtocols)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task ListAsync(HttpContext context, VmWork work)
    {
        var all = (await work.ListAsync(context.Caller(), context.RequestAborted))
            .Where(v => context.Matches("name", v.Name) && context.Matches("state", v.State))
            .ToList();
        await Bodies.WriteAsync(context, Bodies.PageOf(context, all, v => v.Id), AnswerJson.Default.PageVmView);
    }

    private static async Task ShowAsync(HttpContext context, VmWork work, string id) =>
        await Bodies.WriteAsync(
            context,
            await VmWork.ShowAsync(work.Get(context.Caller(), id), context.RequestAborted),
            AnswerJson.Default.VmView
        );

    private static async Task PauseAsync(HttpContext context, VmWork work, string id, bool isPaused)
    {
        await RequireMatchAsync(context, work, id);
        await Bodies.WriteAsync(
            context,
            await work.SetPausedAsync(context.Caller(), id, isPaused, context.RequestAborted),
            AnswerJson.Default.VmView
        );
    }

    private static async Task RequireMatchAsync(HttpContext context, VmWork work, string id) =>
        Bodies.RequireMatch(
            context,
            await VmWork.ShowAsync(work.Get(context.Caller(), id), context.RequestAborted),
            AnswerJson.Default.VmView
        );
}
