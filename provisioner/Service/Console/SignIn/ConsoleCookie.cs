using System.Globalization;
using System.Security.Claims;
using Cloudlet.Service.Access;
using Cloudlet.Service.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;

namespace Cloudlet.Service.Console.SignIn;

/// <summary>
/// The cookie by which the console recognizes a browser. It counts below /console only: the API does not accept it, so that another site
/// can't use it. It holds the digest of a token, never the token.
/// </summary>
internal static class ConsoleCookie
{
    /// <summary>Name of the scheme.</summary>
    public const string Scheme = "console";

    /// <summary>Name of the cookie; browsers accept a name of this form over TLS only.</summary>
    public const string Name = "__Secure-cloudlet-console";

    /// <summary>Where the console is; the cookie is sent nowhere else.</summary>
    public const string Path = "/console";

    private const string DigestClaim = "digest",
        FromClaim = "from",
        UntilClaim = "until";

    /// <summary>A browser that does not send a request for so long has to sign in again.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromHours(1);

    /// <summary>After this time a user has to sign in again, in an open page too.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(8);

    /// <summary>Name of the policy for a role.</summary>
    public static string PolicyOf(Role role) => $"{Scheme}-{Caller.WordOf(role)}";

    /// <summary>Adds the scheme, its policies and its keys.</summary>
    public static void Add(IServiceCollection services, ServiceSettings settings)
    {
        services.AddAuthentication().AddCookie(Scheme, Configure);
        var authorization = services.AddAuthorizationBuilder();
        foreach (var role in Enum.GetValues<Role>())
            authorization.AddPolicy(
                PolicyOf(role),
                new AuthorizationPolicyBuilder(Scheme).RequireAuthenticatedUser().RequireRole(Caller.WordOf(role)).Build()
            );
        services.AddDataProtection().SetApplicationName("cloudlet-service").PersistKeysToFileSystem(new DirectoryInfo(KeyFolder(settings)));
        services.AddAntiforgery(o =>
        {
            o.Cookie.Name = "__Secure-cloudlet-form";
            o.Cookie.Path = Path;
            o.Cookie.SecurePolicy = CookieSecurePolicy.Always;
            o.Cookie.SameSite = SameSiteMode.Strict;
            o.SuppressXFrameOptionsHeader = true; // the content security policy has frame-ancestors
        });
    }

    /// <summary>Folder of the keys that protect cookies; only the service's user may enter it.</summary>
    public static string KeyFolder(ServiceSettings settings) => System.IO.Path.Combine(settings.State, "console-keys");

    /// <summary>Signs a browser in as an account.</summary>
    public static async Task SignInAsync(HttpContext context, Account account, TimeProvider clock)
    {
        var principal = new Caller(account.Name, account.Project, account.Role, Scheme).ToPrincipal(Scheme);
        ((ClaimsIdentity)principal.Identity!).AddClaims([
            new Claim(DigestClaim, account.TokenDigest),
            new Claim(UntilClaim, (clock.GetUtcNow() + Longest).ToString("O", CultureInfo.InvariantCulture)),
        ]);
        await context.SignInAsync(Scheme, principal);
        context.User = principal; // for the audit log
    }

    /// <summary>True while the account of a signed-in user is in use, and the sign-in is not too long ago.</summary>
    public static bool IsCurrent(ClaimsPrincipal user, AccountBook accounts, TimeProvider clock) =>
        user.FindFirstValue(DigestClaim) is { } digest
        && DateTimeOffset.TryParse(user.FindFirstValue(UntilClaim), CultureInfo.InvariantCulture, out var until)
        && until > clock.GetUtcNow()
        && accounts.FindByDigest(digest) is { } account
        && Caller.Of(user) is { } caller
        && (account.Name, account.Project, account.Role) == (caller.Account, caller.Project, caller.Role);

    /// <summary>The address that a user's page came from, for the audit log.</summary>
    public static string AddressOf(ClaimsPrincipal user) => user.FindFirstValue(FromClaim) ?? Scheme;

    private static void Configure(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = Name;
        options.Cookie.Path = Path;
        options.Cookie.HttpOnly = true;
        options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.ExpireTimeSpan = Idle;
        options.SlidingExpiration = true;
        options.LoginPath = "/login"; // below the console
        options.ReturnUrlParameter = "next";
        options.Events.OnValidatePrincipal = ValidateAsync;
        options.Events.OnRedirectToLogin = context => RedirectAsync(context, StatusCodes.Status401Unauthorized);
        options.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
    }

    private static Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        if (
            context.Principal is { } user
            && IsCurrent(user, services.GetRequiredService<AccountBook>(), services.GetRequiredService<TimeProvider>())
        )
        {
            var identity = (ClaimsIdentity)user.Identity!;
            if (identity.FindFirst(FromClaim) is { } old)
                identity.RemoveClaim(old);
            identity.AddClaim(new Claim(FromClaim, context.HttpContext.Connection.RemoteIpAddress?.ToString() ?? Scheme));
            return Task.CompletedTask;
        }

        context.RejectPrincipal();
        return context.HttpContext.SignOutAsync(Scheme);
    }

    /// <summary>A person is led to the login; a script or a WebSocket gets the status.</summary>
    private static Task RedirectAsync(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal))
            context.Response.Redirect(context.RedirectUri);
        else
            context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
