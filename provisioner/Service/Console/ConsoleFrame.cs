using Cloudlet.Service.Console.Shell;
using Cloudlet.Service.Console.SignIn;
using Cloudlet.Service.Console.Web;
using Cloudlet.Service.Access;
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

    /// <summary>Adds the steps before the routes are chosen.</summary>
    public static void UseBeforeRoutes(WebApplication app)
    {
        app.UseWhen(
            ConsoleHeaders.IsConsole,
            console => console.UseForwardedHeaders().UseMiddleware<ConsoleHeaders>().UseResponseCompression()
        );
    }

    /// <summary>Adds the steps after the user is known.</summary>
    public static void UseBeforeAnswers(WebApplication app) => app.UseMiddleware<OriginGuard>().UseAntiforgery();

    /// <summary>Maps the pages, what they need, and the way to them.</summary>
    public static void Map(WebApplication app)
    {
        app.MapGet("/", () => Results.Redirect($"{ConsoleCookie.Path}/")).AllowAnonymous().ExcludeFromDescription();
        var console = app.MapGroup(ConsoleCookie.Path);
        console.ExcludeFromDescription();
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
