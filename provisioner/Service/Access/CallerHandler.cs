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
/// <param name="settings">Who may use the socket.</param>
internal sealed class CallerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    AccountBook accounts,
    ServiceSettings settings
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string Name = "cloudlet";

    private const string Bearer = "Bearer ";

    /// <summary>Project of the host's own users, who come by the socket.</summary>
    internal const string LocalProject = "local";

    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length > 0)
            return Task.FromResult(
                header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                && accounts.Find(header[Bearer.Length..].Trim()) is { } account
                    ? Recognized(new Caller(account.Name, account.Project, account.Role, "token"))
                    : AuthenticateResult.Fail("the token is unknown, was revoked or has expired")
            );
        var peer = SocketPeer.Of(Context.Features.Get<IConnectionSocketFeature>()?.Socket);
        return Task.FromResult(peer is null ? AuthenticateResult.NoResult() : OfSocket(peer));
    }

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
