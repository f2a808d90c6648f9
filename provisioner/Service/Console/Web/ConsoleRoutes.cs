using Cloudlet.Service.Access;
using Cloudlet.Service.Console.SignIn;
using Cloudlet.Service.Routes;
using Cloudlet.Service.Work;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;

namespace Cloudlet.Service.Console.Web;

/// <summary>What a page needs beside its circuit: signing out, files in both directions, and the serial port.</summary>
internal static class ConsoleRoutes
{
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(5);

    public static void Map(IEndpointRouteBuilder console)
    {
        console.MapPost("/sign-out", SignOutAsync).RequireAuthorization(ConsoleCookie.PolicyOf(Role.Reader));
        console
            .MapPatch("/uploads/{id}", UploadRoutes.AppendAsync)
            .RequireAuthorization(ConsoleCookie.PolicyOf(Role.Member))
            .WithMetadata(new LongBodyAttribute());
        console.MapGet("/files/overlays/{id}", OverlayRoutes.Content).RequireAuthorization(ConsoleCookie.PolicyOf(Role.Reader));
        console
            .MapGet(
                "/files/exports/{id}",
                (HttpContext context, ExportShelf exports, string id) =>
                    Results.File(
                        exports.Get(context.Caller().Scope, id),
                        "application/octet-stream",
                        $"{id}.base",
                        enableRangeProcessing: true
                    )
            )
            .RequireAuthorization(ConsoleCookie.PolicyOf(Role.Member));
        // Of any method: a WebSocket of HTTP/2 begins with CONNECT.
        console.Map("/serial/{id}", SerialAsync).RequireAuthorization(ConsoleCookie.PolicyOf(Role.Member));
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery antiforgery)
    {
        await antiforgery.ValidateRequestAsync(context);
        await context.SignOutAsync(ConsoleCookie.Scheme);
        return Results.Redirect($"{ConsoleCookie.Path}/login");
    }

    /// <summary>The serial port of a VM, until the session ends.</summary>
    private static async Task SerialAsync(
        HttpContext context,
        VmWork work,
        AccountBook accounts,
        TimeProvider clock,
        IHostApplicationLifetime lifetime,
        string id
    )
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var user = context.User;
        await using var check = clock.CreateTimer(
            _ =>
            {
                if (!ConsoleCookie.IsCurrent(user, accounts, clock))
                    end.Cancel();
            },
            null,
            Recheck,
            Recheck
        );
        await ConsoleSocket.ServeAsync(context, work, id, end.Token);
    }
}
