using System.Security.Claims;
using System.Text.Encodings.Web;
using Cloudlet.Service.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;

namespace Cloudlet.Service.Access;

/// <summary>
/// Recognizes callers: on the unix socket by the peer's user, which the kernel reports, elsewhere by a bearer token. A token counts on the
/// socket, too.
/// </summary>
/// <param name="options">Options of the framework; none of ours.</param>
/// <param name="logger">Logs of the framework.</param>
/// <param name="encoder">Unused.</param>
/// <param name="accounts">The accounts.</param>
/// <param name="keystone">Tokens of Keystone.</param>
/// <param name="settings">Who may use the socket.</param>
internal sealed class CallerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    AccountBook accounts,
    KeystoneCallers keystone,
    ServiceSettings settings
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string Name = "cloudlet";

    private const string Bearer = "Bearer ";

    /// <summary>Project of the host's own users, who come by the socket.</summary>
    internal const string LocalProject = "local";

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (TokenOf(Request) is { } token)
            return await CallerOfAsync(token) is { } caller
                ? Recognized(caller)
                : AuthenticateResult.Fail("the token is unknown, was revoked or has expired");
        var peer = SocketPeer.Of(Context.Features.Get<IConnectionSocketFeature>()?.Socket);
        return peer is null ? AuthenticateResult.NoResult() : OfSocket(peer);
    }

    /// <summary>The token of a request, as OAuth or OpenStack sends it; empty when it has another kind of credentials.</summary>
    private static string? TokenOf(HttpRequest request)
    {
        if (request.Headers["X-Auth-Token"].ToString() is { Length: > 0 } ofOpenStack)
            return ofOpenStack;
        return request.Headers.Authorization.ToString() switch
        {
            { Length: 0 } => null,
            var header when header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) => header[Bearer.Length..].Trim(),
            _ => "",
        };
    }

    private async Task<Caller?> CallerOfAsync(string token) =>
        accounts.Find(token) is { } account ? new Caller(account.Name, account.Project, account.Role, "token")
        : keystone.IsUsed && !AccountBook.IsOwnToken(token) ? await keystone.FindAsync(token, Context.RequestAborted)
        : null;

    private AuthenticateResult OfSocket(SocketPeer peer)
    {
        if (peer.User == 0)
            return Recognized(new Caller(SocketPeer.UserName(peer.User), LocalProject, Role.Admin, "socket"));
        return SocketPeer.GroupNumber(settings.SocketGroup) is { } group && peer.Groups.Contains(group)
            ? Recognized(new Caller(SocketPeer.UserName(peer.User), LocalProject, Role.Member, "socket"))
            : AuthenticateResult.Fail($"user {SocketPeer.UserName(peer.User)} is not in group {settings.SocketGroup}");
    }

    private static AuthenticateResult Recognized(Caller caller)
    {
        ClaimsPrincipal principal = caller.ToPrincipal(Name);
        return AuthenticateResult.Success(new AuthenticationTicket(principal, Name));
    }
}
