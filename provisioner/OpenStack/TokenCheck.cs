using System.Net;
using System.Text.Json;
using Cloudlet.Errors;

namespace Cloudlet.OpenStack;

/// <summary>What Keystone says of a token that a client sent.</summary>
/// <param name="User">Name of its account.</param>
/// <param name="ProjectId">Id of its project; null: it is for none.</param>
/// <param name="ProjectName">Name of its project.</param>
/// <param name="Roles">Names of the roles of the account in the project.</param>
/// <param name="Expires">When it ends.</param>
public sealed record TokenOwner(string User, string? ProjectId, string? ProjectName, IReadOnlyList<string> Roles, DateTimeOffset Expires);

/// <summary>
/// Asks Keystone about a token that a client sent. The token itself authorizes the question, so that no account of ours is needed.
/// </summary>
public static class TokenCheck
{
    private const int LongestToken = 8192;

    /// <summary>The owner of a token; null when Keystone does not know it, or it has ended or was revoked.</summary>
    /// <param name="http">Sends the request.</param>
    /// <param name="identity">URL of the Identity API, e.g. <c>https://host:5000/v3</c>.</param>
    /// <param name="token">The token.</param>
    /// <param name="ct">Cancels the request.</param>
    /// <exception cref="CloudletException">Unreachable, Timeout: Keystone does not answer. Unexpected: what answers is not Keystone. No
    /// message has the token.</exception>
    public static async Task<TokenOwner?> FindAsync(CloudHttp http, string identity, string token, CancellationToken ct)
    {
        if (token.Length is 0 or > LongestToken || token.Any(static c => c is <= ' ' or > '~'))
            return null;
        var call = new CloudCall(HttpMethod.Get, new Uri($"{identity.TrimEnd('/')}/auth/tokens?nocatalog"), "keystone")
        {
            Secrets = [token],
        };
        var answer = await http.SendAsync(call, Make, ct);
        if (answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
            return null;
        if (!answer.IsSuccess)
            throw CloudErrors.Refused(call, answer);
        return OwnerOf(answer.Json) ?? throw CloudErrors.Strange(call, "what the token is for");

        HttpRequestMessage Make()
        {
            var message = new HttpRequestMessage(call.Method, call.Url);
            message.Headers.Add("X-Auth-Token", token);
            message.Headers.Add("X-Subject-Token", token);
            return message;
        }
    }

    private static TokenOwner? OwnerOf(JsonElement answer)
    {
        var token = answer.Part("token");
        return
            token.Part("user").Text("name") is { } user
            && DateTimeOffset.TryParse(token.Text("expires_at"), System.Globalization.CultureInfo.InvariantCulture, out var expires)
            ? new TokenOwner(
                user,
                token.Part("project").Text("id"),
                token.Part("project").Text("name"),
                [.. token.Items("roles").Select(static r => r.Text("name")).OfType<string>()],
                expires
            )
            : null;
    }
}
