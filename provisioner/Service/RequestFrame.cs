using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Routes;

namespace Cloudlet.Service;

/// <summary>
/// The outermost part of every request: errors become problem documents, and changes and refusals are written to the audit log.
/// </summary>
/// <param name="next">The rest.</param>
/// <param name="audit">The audit log.</param>
/// <param name="log">Defects.</param>
internal sealed partial class RequestFrame(RequestDelegate next, AuditLog audit, ILogger<RequestFrame> log)
{
    /// <summary>Serves a request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            await next(context);
            await CompleteAsync(context);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await AnswerAsync(context, e);
        }

        Record(context);
    }

    /// <summary>Gives answers that the framework left without a body one that says what is wrong.</summary>
    private static Task CompleteAsync(HttpContext context)
    {
        var (response, request) = (context.Response, context.Request);
        if (response.HasStarted || response.StatusCode < 400 || response.ContentLength is not null || response.ContentType is not null)
            return Task.CompletedTask;
        return Problems.WriteAsync(
            context,
            response.StatusCode switch
            {
                StatusCodes.Status401Unauthorized => Problems.Of(
                    StatusCodes.Status401Unauthorized,
                    "no valid credentials: send Authorization: Bearer TOKEN with a token of 'cloudlet account add', or use the unix socket "
                        + "as root or a member of its group",
                    "not-authenticated"
                ),
                StatusCodes.Status403Forbidden => Problems.Of(
                    StatusCodes.Status403Forbidden,
                    $"your role '{(Caller.Of(context.User) is { } caller ? Caller.WordOf(caller.Role) : "none")}' does not allow this",
                    "not-allowed"
                ),
                StatusCodes.Status404NotFound => Problems.Of(
                    StatusCodes.Status404NotFound,
                    "there is no such route: GET /openapi/v1.json lists them",
                    "no-route"
                ),
                StatusCodes.Status405MethodNotAllowed => Problems.Of(
                    StatusCodes.Status405MethodNotAllowed,
                    $"{request.Method} is not possible here: {response.Headers.Allow} is",
                    "method-not-allowed"
                ),
                StatusCodes.Status429TooManyRequests => Problems.Of(
                    StatusCodes.Status429TooManyRequests,
                    "too many requests: wait for as many seconds as Retry-After says",
                    "too-many-requests"
                ),
                var other => Problems.Of(other, $"the request was refused with status {other}", "refused"),
            }
        );
    }

    private async Task AnswerAsync(HttpContext context, Exception error)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
            return;
        }

        var problem = Problems.Of(error);
        if (problem.Status == StatusCodes.Status500InternalServerError)
            LogDefect(error, context.Request.Method, context.Request.Path);
        if (context.Response.HasStarted)
            context.Abort();
        else
            await Problems.WriteAsync(context, problem);
    }

    private void Record(HttpContext context)
    {
        var (request, status) = (context.Request, context.Response.StatusCode);
        var isChange = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        var isRefused = status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden;
        var isConsole = status == StatusCodes.Status101SwitchingProtocols;
        // A page's changes are recorded one by one.
        var isCircuit = request.Path.StartsWithSegments("/console/_blazor", StringComparison.Ordinal);
        if ((!isChange && !isRefused && !isConsole) || (isCircuit && !isRefused))
            return;
        try
        {
            audit.Write(
                Caller.Of(context.User),
                context.Connection.RemoteIpAddress?.ToString() ?? "socket",
                $"{request.Method} {request.Path}",
                $"{status}",
                context.Items[RouteFrame.OperationKey] as string
            );
        }
        catch (IOException e)
        {
            LogDefect(e, request.Method, request.Path);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly")]
    private partial void LogDefect(Exception e, string method, string path);
}
