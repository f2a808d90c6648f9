using Cloudlet.Service.Access;
using Cloudlet.Service.Console.Shell;
using Cloudlet.Service.Console.SignIn;
using Cloudlet.Service.Console.Web;
using Cloudlet.Service.Settings;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.HttpOverrides;

namespace Cloudlet.Service.Console;

/// <summary>Puts the console together: pages for people, below /console.</summary>
internal static class ConsoleFrame
{
    private const int MostDisconnected = 20;

    /// <summary>Adds what the console needs.</summary>
    public static void Add(IServiceCollection services, ServiceSettings settings)
    {
        ConsoleCookie.Add(services, settings);
        services.AddScoped<ConsoleSession>();
        services.AddScoped<AuthenticationStateProvider, ConsoleAuthentication>();
        services.AddCascadingAuthenticationState();
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.Configure<CircuitOptions>(o =>
        {
            o.DisconnectedCircuitMaxRetained = MostDisconnected;
            o.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(1);
        });
        // Pages repeat nothing that another site could send in the user's name: his cookie is not sent then.
        services.AddResponseCompression(o => o.EnableForHttps = true);
        services.Configure<ForwardedHeadersOptions>(o => o.ForwardedHeaders = ForwardedHeaders.XForwardedProto);
    }

    /// <summary>
    /// Adds the console. It has routes and steps of its own: its requests never reach those of the API, which do not know its cookie.
    /// </summary>
    public static void Use(WebApplication app) =>
        app.Map(
            ConsoleCookie.Path,
            console =>
            {
                // Without this, UseRouting takes the routes of the API.
                console.Properties.Remove("__GlobalEndpointRouteBuilder");
                console
                    .UseForwardedHeaders()
                    .UseMiddleware<ConsoleHeaders>()
                    .UseResponseCompression()
                    .UseRouting()
                    .UseAuthentication()
                    .UseRateLimiter()
                    .UseAuthorization()
                    .UseMiddleware<OriginGuard>()
                    .UseAntiforgery()
                    .UseEndpoints(routes => Map(routes.MapGroup("")));
            }
        );

    private static void Map(RouteGroupBuilder console)
    {
        console.ExcludeFromDescription().WithMetadata(new ConsoleRouteAttribute());
        ConsoleAssets.Map(console);
        ConsoleRoutes.Map(console);
        console
            .MapRazorComponents<App>()
            .AddInteractiveServerRenderMode(o =>
            {
                o.ContentSecurityFrameAncestorsPolicy = null; // the policy of ConsoleHeaders has it
                o.DisableWebSocketCompression = true; // small messages, and a window of memory for each page
            })
            .RequireAuthorization(ConsoleCookie.PolicyOf(Role.Reader));
    }
}

/// <summary>Marks a route of the console, whose pattern is below /console.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ConsoleRouteAttribute : Attribute;
