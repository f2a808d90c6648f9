using Cloudlet.Errors;
using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Microsoft.AspNetCore.Components.Authorization;

namespace Cloudlet.Service.Console.SignIn;

/// <summary>The session of a page is over: its account was revoked, or it has lasted too long.</summary>
public sealed class SessionEndedException() : CloudletException(ErrorKind.PermissionDenied, "the session has ended: sign in again");

/// <summary>
/// What a page does for its user. Each use asks again whether the account is in use, and each change is written to the audit log, as those
/// over the API are.
/// </summary>
/// <param name="state">Who is signed in.</param>
/// <param name="accounts">The accounts.</param>
/// <param name="audit">The audit log.</param>
/// <param name="clock">Tells how long a session lasts.</param>
public sealed class ConsoleSession(AuthenticationStateProvider state, AccountBook accounts, AuditLog audit, TimeProvider clock)
{
    /// <summary>The user. SessionEndedException when the session is over.</summary>
    public async Task<Caller> CallerAsync() => (await FindAsync()).Caller;

    /// <summary>Changes something. PermissionDenied for a reader.</summary>
    /// <param name="what">What is done, for the audit log, such as <c>vm.pause NAME</c>.</param>
    /// <param name="act">Does it.</param>
    /// <param name="operationOf">Id of the operation that it started.</param>
    public async Task<T> ChangeAsync<T>(string what, Func<Caller, Task<T>> act, Func<T, string?>? operationOf = null)
    {
        var (caller, from) = await FindAsync();
        try
        {
            if (caller.Role < Role.Member)
                throw new CloudletException(
                    ErrorKind.PermissionDenied,
                    $"your role '{Caller.WordOf(caller.Role)}' does not allow this: it needs a member"
                );
            var made = await act(caller);
            audit.Write(caller, from, $"console {what}", "done", operationOf?.Invoke(made));
            return made;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            audit.Write(caller, from, $"console {what}", Problems.Of(e).Code ?? "failed");
            throw;
        }
    }

    private async Task<(Caller Caller, string From)> FindAsync()
    {
        var user = (await state.GetAuthenticationStateAsync()).User;
        return Caller.Of(user) is { } caller && ConsoleCookie.IsCurrent(user, accounts, clock)
            ? (caller, ConsoleCookie.AddressOf(user))
            : throw new SessionEndedException();
    }
}
