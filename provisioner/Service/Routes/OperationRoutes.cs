using System.Text.Json;
using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Operations;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Routes;

/// <summary>/v1/operations.</summary>
internal static class OperationRoutes
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder app)
    {
        var operations = app.MapGroup("/v1/operations").WithTags("operations");
        operations
            .MapGet("", (HttpContext context, OperationBook book, string? state, string? kind) => ListAsync(context, book))
            .Described("listOperations", "The operations of your project, the latest first")
            .OfPage<OperationView>();
        operations
            .MapGet(
                "/{id}",
                (HttpContext context, OperationBook book, string id) =>
                    Bodies.WriteAsync(context, book.Get(id, context.Caller().Scope).View, AnswerJson.Default.OperationView)
            )
            .Described("getOperation", "One operation")
            .OfOne<OperationView>();
        operations
            .MapPost("/{id}/cancel", CancelAsync)
            .Described("cancelOperation", "Ask an operation to stop; it ends when its partial work is discarded", Role.Member)
            .Produces<OperationView>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status404NotFound);
        operations
            .MapGet("/{id}/events", EventsAsync)
            .Described("followOperation", "The operation at each change, as server-sent events, until it ends")
            .Produces<OperationView>(StatusCodes.Status200OK, "text/event-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Task ListAsync(HttpContext context, OperationBook book)
    {
        var all = book.List(context.Caller().Scope)
            .Where(o => context.Matches("state", o.State) && context.Matches("kind", o.Kind))
            .ToList();
        return Bodies.WriteAsync(context, Bodies.PageOf(context, all, o => o.Id), AnswerJson.Default.PageOperationView);
    }

    private static Task CancelAsync(HttpContext context, OperationBook book, string id)
    {
        var operation = book.Get(id, context.Caller().Scope);
        operation.Cancel();
        return RouteFrame.AcceptAsync(context, operation);
    }

    private static async Task EventsAsync(HttpContext context, OperationBook book, string id)
    {
        var operation = book.Get(id, context.Caller().Scope);
        var (response, ct) = (context.Response, context.RequestAborted);
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        while (true)
        {
            var (view, changed) = operation.Watch();
            await response.WriteAsync("event: operation\ndata: ", ct);
            await response.BodyWriter.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(view, AnswerJson.Default.OperationView), ct);
            await response.WriteAsync("\n\n", ct);
            await response.Body.FlushAsync(ct);
            if (view.HasEnded())
                return;
            while (await Task.WhenAny(changed, Task.Delay(Heartbeat, ct)) != changed)
            {
                ct.ThrowIfCancellationRequested();
                await response.WriteAsync(": still running\n\n", ct);
                await response.Body.FlushAsync(ct);
            }
        }
    }
}
