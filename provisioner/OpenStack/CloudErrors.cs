using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.OpenStack;

/// <summary>Errors of services: what was asked, what was answered, and what to do.</summary>
internal static partial class CloudErrors
{
    private const int LongestMessage = 400;
    private const int DeepestMessage = 2;

    /// <summary>A service refused a request.</summary>
    public static CloudletException Refused(CloudCall call, CloudAnswer answer) =>
        (int)answer.Status is >= 300 and < 400
            ? new CloudletException(
                ErrorKind.Unexpected,
                $"{call}: the service redirects to {PlaceOf(answer.Location)}; no token is sent there. Correct its URL in the catalog"
            )
            : new CloudletException(KindOf(call, answer.Status), $"{call}: {Answered(call, answer)}. {ToDo(call, answer)}");

    /// <summary>A service answered with something else than its API says.</summary>
    public static CloudletException Strange(CloudCall call, string expected) =>
        new(
            ErrorKind.Unexpected,
            $"{call}: expected {expected}, found something else; is there another program at {PlaceOf(call.Url)}, or a proxy before it?"
        );

    /// <summary>No connection, or one that ended too early.</summary>
    public static CloudletException Unreachable(CloudCall call, Exception error) =>
        new(ErrorKind.Unreachable, $"{call}: {ConnectionErrors.Found(error)}; is {call.Service} running at {PlaceOf(call.Url)}?", error);

    /// <summary>No answer in time.</summary>
    public static CloudletException Silent(CloudCall call, Exception error) =>
        new(
            ErrorKind.Timeout,
            $"{call}: no answer within {call.Limit.TotalSeconds:0} s; {call.Service} or its database hangs, or the network drops packets",
            error
        );

    private static ErrorKind KindOf(CloudCall call, HttpStatusCode status) =>
        (int)status switch
        {
            400 or 406 or 415 or 422 => ErrorKind.InvalidInput,
            401 or 403 => ErrorKind.PermissionDenied,
            404 => ErrorKind.NotFound,
            409 when call.Method == HttpMethod.Post => ErrorKind.AlreadyExists,
            409 => ErrorKind.Obstructed,
            408 or 413 or 429 => ErrorKind.Busy,
            501 or 505 => ErrorKind.Unsupported,
            >= 500 => ErrorKind.Unreachable,
            _ => ErrorKind.Unexpected,
        };

    private static string ToDo(CloudCall call, CloudAnswer answer) =>
        (int)answer.Status switch
        {
            403 or 409 when MessageIn(answer.Json, 0)?.Contains("quota", StringComparison.OrdinalIgnoreCase) == true =>
                "A quota of the project is exceeded: raise it, or delete what is not needed",
            401 => "The password or the name of the account is wrong, or the account is disabled or has no role in the project: compare "
                + "the file of its secret with Keystone",
            403 => "The account may not do this: give it the role admin in its project",
            404 => "It does not exist, or the URL of the service in the catalog is wrong",
            409 => "Another object has the same name, or something still uses this one",
            413 or 429 => "A quota or a rate limit is exceeded",
            503 => $"{call.Service}, or the Keystone that it asks, is not available: see its log",
            >= 500 => $"{call.Service} has an error of its own, often its database or its broker: see its log",
            _ => $"See the log of {call.Service}",
        };

    private static string Answered(CloudCall call, CloudAnswer answer)
    {
        var message = MessageIn(answer.Json, 0) ?? Tag().Replace(answer.Text, " ");
        var said = Clean(message, call.Secrets);
        var id = answer.RequestId is { } request ? $" ({Clean(request, call.Secrets)})" : "";
        return $"HTTP {(int)answer.Status}{id}{(said.Length > 0 ? $", \"{said}\"" : "")}";
    }

    /// <summary>Keystone, Nova, Neutron and Glance each put their message into an object of another name.</summary>
    private static string? MessageIn(JsonElement value, int depth)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return null;
        if (value.Text("message") is { } message)
            return message;
        return depth < DeepestMessage
            ? value.EnumerateObject().Select(p => MessageIn(p.Value, depth + 1)).FirstOrDefault(static m => m is not null)
            : null;
    }

    /// <summary>
    /// One bounded line without secrets. A service that repeats a value may quote it in ways of its own, so the message is dropped when a
    /// secret has characters that are quoted.
    /// </summary>
    private static string Clean(string message, IReadOnlyList<string> secrets)
    {
        foreach (var secret in secrets.Where(static s => s.Length > 0))
        {
            if (!secret.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '=' or '/' or '+'))
                return "";
            message = message.Replace(secret, "…", StringComparison.OrdinalIgnoreCase);
        }

        var line = Space().Replace(message, " ").Trim();
        var plain = string.Concat(line.Where(static c => !char.IsControl(c)));
        return plain.Length > LongestMessage ? $"{plain[..LongestMessage]}…" : plain;
    }

    /// <summary>Scheme, host and port: the rest of a URL from outside is not repeated.</summary>
    private static string PlaceOf(Uri? url) => url is { IsAbsoluteUri: true } ? url.GetLeftPart(UriPartial.Authority) : "another path";

    [GeneratedRegex("<[^>]*>", RegexOptions.None, 1000)]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Space();
}
