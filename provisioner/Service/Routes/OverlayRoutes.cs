using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Work;
using Cloudlet.ServiceApi.Contracts;
using Microsoft.Net.Http.Headers;

namespace Cloudlet.Service.Routes;

/// <summary>/v1/overlays.</summary>
internal static class OverlayRoutes
{
    private const int Cells = 4096;

    public static void Map(IEndpointRouteBuilder app)
    {
        var overlays = app.MapGroup("/v1/overlays").WithTags("overlays");
        overlays
            .MapGet("", (HttpContext context, OverlayWork work, string? name, string? @base) => ListAsync(context, work))
            .Described("listOverlays", "The overlays of your project")
            .OfPage<OverlayView>();
        overlays
            .MapPost(
                "",
                async (HttpContext context, OverlayWork work) =>
                    await RouteFrame.AcceptAsync(
                        context,
                        work.Create(context.Caller(), await Bodies.ReadAsync(context, RequestJson.Default.CreateOverlayRequest))
                    )
            )
            .Described("createOverlay", "Make an overlay of a VM, or keep an upload as one", Role.Member)
            .Accepts<CreateOverlayRequest>("application/json")
            .StartsOperation();
        overlays
            .MapGet(
                "/{id}",
                (HttpContext context, OverlayWork work, string id) =>
                    Bodies.WriteAsync(context, Views.Of(work.Get(context.Caller(), id)), AnswerJson.Default.OverlayView)
            )
            .Described("getOverlay", "One overlay, by its name, id or digest")
            .OfOne<OverlayView>();
        overlays
            .MapGet("/{id}/content", Content)
            .Described("getOverlayContent", "The overlay itself, with ranges")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
        overlays
            .MapGet(
                "/{id}/map",
                async (HttpContext context, OverlayWork work, string id, int? cells) =>
                    await Bodies.WriteAsync(
                        context,
                        await work.MapAsync(context.Caller(), id, cells ?? Cells, context.RequestAborted),
                        AnswerJson.Default.OverlayMapView
                    )
            )
            .Described("getOverlayMap", "Where what an overlay carries lies on disk and in memory")
            .OfOne<OverlayMapView>();
        overlays
            .MapPost(
                "/{id}/verify",
                (HttpContext context, OverlayWork work, string id) => RouteFrame.AcceptAsync(context, work.Verify(context.Caller(), id))
            )
            .Described("verifyOverlay", "Verify every byte of an overlay by its digests", Role.Member)
            .StartsOperation();
        overlays
            .MapDelete("/{id}", Remove)
            .Described("removeOverlay", "Remove an overlay", Role.Member)
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Task ListAsync(HttpContext context, OverlayWork work)
    {
        var all = work.List(context.Caller()).Where(o => context.Matches("name", o.Name) && context.Matches("base", o.Base)).ToList();
        return Bodies.WriteAsync(context, Bodies.PageOf(context, all, o => o.Id), AnswerJson.Default.PageOverlayView);
    }

    internal static IResult Content(HttpContext context, OverlayWork work, string id)
    {
        var overlay = work.Get(context.Caller(), id);
        return Results.File(
            overlay.Path,
            "application/octet-stream",
            lastModified: overlay.Created,
            entityTag: new EntityTagHeaderValue($"\"{overlay.Digest}\""),
            enableRangeProcessing: true
        );
    }

    private static IResult Remove(HttpContext context, OverlayWork work, string id)
    {
        var caller = context.Caller();
        Bodies.RequireMatch(context, Views.Of(work.Get(caller, id)), AnswerJson.Default.OverlayView);
        work.Remove(caller, id);
        return Results.NoContent();
    }
}
