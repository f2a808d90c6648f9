using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Work;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Routes;

/// <summary>/v1/bases and /v1/exports.</summary>
internal static class BaseRoutes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var bases = app.MapGroup("/v1/bases").WithTags("bases");
        bases
            .MapGet("", (HttpContext context, BaseWork work, string? name) => ListAsync(context, work))
            .Described("listBases", "The bases that you can use")
            .OfPage<BaseView>();
        bases
            .MapPost(
                "",
                async (HttpContext context, BaseWork work) =>
                    await RouteFrame.AcceptAsync(
                        context,
                        work.Create(context.Caller(), await Bodies.ReadAsync(context, RequestJson.Default.CreateBaseRequest))
                    )
            )
            .Described("createBase", "Make a base of an upload, a URL or the disk of another base", Role.Member)
            .Accepts<CreateBaseRequest>("application/json")
            .StartsOperation();
        bases
            .MapGet(
                "/{id}",
                (HttpContext context, BaseWork work, string id) =>
                    Bodies.WriteAsync(context, work.Get(context.Caller(), id), AnswerJson.Default.BaseView)
            )
            .Described("getBase", "One base, by its name or id")
            .OfOne<BaseView>();
        bases
            .MapDelete("/{id}", RemoveAsync)
            .Described("removeBase", "Remove a base that no VM builds on", Role.Member)
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        bases
            .MapPost(
                "/{id}/export",
                (HttpContext context, BaseWork work, string id, bool? small) =>
                    RouteFrame.AcceptAsync(context, work.Export(context.Caller(), id, small ?? false))
            )
            .Described("exportBase", "Write a base to one file, to be fetched within a day", Role.Member)
            .StartsOperation();
        bases
            .MapPost(
                "/{id}/verify",
                (HttpContext context, BaseWork work, string id) => RouteFrame.AcceptAsync(context, work.Verify(context.Caller(), id))
            )
            .Described("verifyBase", "Compare a base with its digests", Role.Member)
            .StartsOperation();
        app.MapGet(
                "/v1/exports/{id}",
                (HttpContext context, ExportShelf exports, string id) =>
                    Results.File(exports.Get(context.Caller().Scope, id), "application/octet-stream", enableRangeProcessing: true)
            )
            .WithTags("bases")
            .Described("getExport", "The file of an exported base, with ranges", Role.Member)
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Task ListAsync(HttpContext context, BaseWork work)
    {
        var all = work.List(context.Caller()).Where(b => context.Matches("name", b.Name)).ToList();
        return Bodies.WriteAsync(context, Bodies.PageOf(context, all, b => b.Id), AnswerJson.Default.PageBaseView);
    }

    private static IResult RemoveAsync(HttpContext context, BaseWork work, string id)
    {
        var caller = context.Caller();
        Bodies.RequireMatch(context, work.Get(caller, id), AnswerJson.Default.BaseView);
        work.Remove(caller, id);
        return Results.NoContent();
    }
}
