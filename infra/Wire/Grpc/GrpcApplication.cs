using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudlet.Wire.Grpc;

/// <summary>Dispatches HTTP requests to handlers.</summary>
internal sealed class GrpcApplication(GrpcServices services, GrpcServerOptions options, CancellationToken stopping)
    : IHttpApplication<HttpContext>
{
    // The longest time that CancelAfter supports; a longer timeout, over seven weeks, counts as none.
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception) { }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (
            !HttpMethods.IsPost(request.Method)
            || request.ContentType?.StartsWith(StatusText.ContentType, StringComparison.Ordinal) != true
        )
        {
            response.StatusCode = (int)HttpStatusCode.UnsupportedMediaType;
            return;
        }

        response.ContentType = StatusText.ContentType;
        var (frame, status) = await AnswerAsync(request, context.RequestAborted);
        if (context.RequestAborted.IsCancellationRequested)
            return; // the caller is gone
        if (frame is null)
        {
            foreach (var (name, value) in StatusText.Trailers(status))
                response.Headers[name] = value;
            return;
        }

        await response.Body.WriteAsync(frame, context.RequestAborted);
        foreach (var (name, value) in StatusText.Trailers(status))
            response.AppendTrailer(name, value);
    }

    private async Task<(byte[]? Frame, GrpcStatus Status)> AnswerAsync(HttpRequest request, CancellationToken aborted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        var timeout = StatusText.ReadTimeout(request.Headers[StatusText.TimeoutHeader].ToString());
        if (timeout < MaxTimeout)
            limit.CancelAfter(timeout.Value);
        try
        {
            if (services.Find(request.Path.Value ?? "") is not { } handler)
                return (
                    null,
                    new GrpcStatus(
                        GrpcCode.Unimplemented,
                        string.Create(CultureInfo.InvariantCulture, $"there is no method {request.Path}")
                    )
                );
            var answer = await handler(request.Body, options.MaxMessage, limit.Token);
            return (Framing.Write(answer, options.MaxMessage), new GrpcStatus(GrpcCode.Ok, ""));
        }
        catch (GrpcException e)
        {
            return (null, e.Status);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return (
                null,
                aborted.IsCancellationRequested || stopping.IsCancellationRequested
                    ? new GrpcStatus(GrpcCode.Cancelled, "the call was cancelled")
                    : new GrpcStatus(GrpcCode.DeadlineExceeded, $"the call did not finish within {timeout}")
            );
        }
        // Whatever a handler throws, its caller gets an answer and the server keeps running.
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            return (null, options.StatusOf?.Invoke(e) ?? new GrpcStatus(GrpcCode.Internal, $"{e.GetType().Name}: {e.Message}"));
        }
    }
}
