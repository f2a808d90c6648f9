using Cloudlet.Service.Access;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace Cloudlet.Service.Console.SignIn;

/// <summary>Ends the session of an open page when its account is revoked.</summary>
/// <param name="logs">Logs of the framework.</param>
/// <param name="accounts">The accounts.</param>
/// <param name="clock">Tells how long a session lasts.</param>
internal sealed class ConsoleAuthentication(ILoggerFactory logs, AccountBook accounts, TimeProvider clock)
    : RevalidatingServerAuthenticationStateProvider(logs)
{
    /// <inheritdoc/>
    protected override TimeSpan RevalidationInterval { get; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken ct) =>
        Task.FromResult(ConsoleCookie.IsCurrent(authenticationState.User, accounts, clock));
}
