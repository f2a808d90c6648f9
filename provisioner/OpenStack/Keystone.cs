using System.Net;
using System.Text.Json.Nodes;
using Cloudlet.Errors;

namespace Cloudlet.OpenStack;

/// <summary>Logs in to Keystone (Identity API v3) with a name and a password.</summary>
public static class Keystone
{
    /// <summary>Type of Keystone in the catalog.</summary>
    public const string Type = "identity";

    /// <summary>A new token.</summary>
    /// <param name="http">Sends the request.</param>
    /// <param name="login">The account.</param>
    /// <param name="password">Its password.</param>
    /// <param name="ct">Cancels the request.</param>
    /// <exception cref="CloudletException">PermissionDenied: a wrong password, or no role in the project. Unreachable, Timeout: Keystone
    /// does not answer. Unexpected: what answers is not Keystone. No message has the password.</exception>
    public static async Task<CloudToken> LogInAsync(CloudHttp http, CloudLogin login, string password, CancellationToken ct)
    {
        var (call, answer) = await AskAsync(http, login, password, ct);
        if (!answer.IsSuccess)
            throw CloudErrors.Refused(call, answer);
        return answer.SubjectToken is { Length: > 0 } value && CloudToken.Parse(value, answer.Json) is { } token
            ? token
            : throw CloudErrors.Strange(call, "a token");
    }

    /// <summary>True when the password is right. The token that proves it is not used.</summary>
    /// <inheritdoc cref="LogInAsync"/>
    public static async Task<bool> IsPasswordAsync(CloudHttp http, CloudLogin login, string password, CancellationToken ct)
    {
        var (call, answer) = await AskAsync(http, login with { Project = null }, password, ct);
        return answer switch
        {
            { Status: HttpStatusCode.Unauthorized } => false,
            { IsSuccess: true, SubjectToken.Length: > 0 } => true,
            { IsSuccess: true } => throw CloudErrors.Strange(call, "a token"),
            _ => throw CloudErrors.Refused(call, answer),
        };
    }

    private static async Task<(CloudCall Call, CloudAnswer Answer)> AskAsync(
        CloudHttp http,
        CloudLogin login,
        string password,
        CancellationToken ct
    )
    {
        var call = new CloudCall(HttpMethod.Post, new Uri($"{login.Identity}/auth/tokens"), "keystone")
        {
            Secrets = [password],
            CanRepeat = true,
        };
        return (call, await http.SendAsync(call, Make, ct));

        HttpRequestMessage Make() => new(call.Method, call.Url) { Content = CloudHttp.ContentOf(BodyOf(login, password)) };
    }

    private static JsonObject BodyOf(CloudLogin login, string password)
    {
        var user = Named(login.User, login.UserDomain);
        user["password"] = password;
        var auth = new JsonObject
        {
            ["identity"] = new JsonObject
            {
                ["methods"] = new JsonArray("password"),
                ["password"] = new JsonObject { ["user"] = user },
            },
        };
        if (login.Project is { } project)
            auth["scope"] = new JsonObject { ["project"] = Named(project, login.ProjectDomain) };
        else
            auth["scope"] = "unscoped"; // else an account with a default project gets a token for it, or none when it has no role there
        return new JsonObject { ["auth"] = auth };
    }

    private static JsonObject Named(string name, string domain) =>
        new()
        {
            ["name"] = name,
            ["domain"] = new JsonObject { ["name"] = domain },
        };
}
