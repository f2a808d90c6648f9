using System.Net.Sockets;
using System.Security.Cryptography;
using Cloudlet.Errors;
using Microsoft.AspNetCore.Connections.Features;

namespace Cloudlet.Service.Console.Web;

/// <summary>What a browser may do with the console's pages, and from where they may be used.</summary>
/// <param name="next">The rest.</param>
internal sealed class ConsoleHeaders(RequestDelegate next)
{
    private static readonly object NonceKey = new();

    /// <summary>The number of this page that allows a style of a script; only xterm.js uses it, for its colours.</summary>
    public static string NonceOf(HttpContext context) => (string)context.Items[NonceKey]!;

    /// <summary>Serves a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is { AddressFamily: AddressFamily.Unix })
            throw new CloudletException(ErrorKind.NotFound, "the console is served over https only: use the API on the socket");
        if (!context.Request.IsHttps)
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                "the console is served over https only; a proxy in front of it has to send X-Forwarded-Proto: https"
            );
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        context.Items[NonceKey] = nonce;
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            $"default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; img-src 'self'; "
            + "object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        (headers.CacheControl, headers.Pragma) = ("no-cache, no-store", "no-cache"); // as the form tokens want it
        return next(context);
    }
}

/// <summary>
/// Refuses changes and WebSockets of the console that another site sent. The cookie is not sent with those either; this holds even if it
/// were.
/// </summary>
/// <param name="next">The rest.</param>
internal sealed class OriginGuard(RequestDelegate next)
{
    /// <summary>Serves a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        return
            (!isRead || context.WebSockets.IsWebSocketRequest)
            && request.Headers.Origin.ToString() is var origin
            && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            ? throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"the request came from another site: expected Origin {request.Scheme}://{request.Host}, found '{Short(origin)}'"
            )
            : next(context);
    }

    private static string Short(string text) => text.Length > 100 ? text[..100] : text;
}
