using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Cloudlet.Errors;

namespace Cloudlet.Collect;

/// <summary>Where the services answer, and the account for them.</summary>
/// <param name="Token">Value of X-Auth-Token.</param>
/// <param name="Compute">Nova, with its version: http://host:8774/v2.1.</param>
/// <param name="Placement">Placement.</param>
/// <param name="Network">Neutron, without a version; null without Neutron.</param>
internal sealed record CloudAccess(string Token, Uri Compute, Uri Placement, Uri? Network)
{
    /// <summary>Environment variables under the names that OpenStack's clients use; an openrc file sets them.</summary>
    private static readonly string[] Needed = ["OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME"];

    /// <summary>
    /// Logs in: at keystone if the environment names an account; without keystone (<c>[api] auth_strategy = noauth2</c>) at the services on
    /// the host's loopback.
    /// </summary>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="isWithoutKeystone">True when Nova's configuration turns keystone off.</param>
    /// <param name="client">Sends the requests.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="CloudletException">NotFound: the environment names no account and keystone is in use. Unreachable,
    /// PermissionDenied: keystone does not answer, or refuses. The message contains no secrets.</exception>
    public static async Task<CloudAccess> LogInAsync(
        Func<string, string?> environment,
        bool isWithoutKeystone,
        HttpClient client,
        CancellationToken ct
    )
    {
        var missing = Needed.Where(name => string.IsNullOrEmpty(environment(name))).ToList();
        if (missing.Count == 0)
            return await KeystoneAsync(environment, client, ct);
        if (isWithoutKeystone)
            return new CloudAccess(
                "admin:admin",
                new Uri("http://127.0.0.1:8774/v2.1"),
                new Uri("http://127.0.0.1:8778"),
                new Uri("http://127.0.0.1:9696")
            );
        throw new CloudletException(
            ErrorKind.NotFound,
            $"no account for the API: {string.Join(", ", missing)} not set; run it on the host with an openrc file (`. "
                + "openrc; cloudlet explain`)"
        );
    }

    private static async Task<CloudAccess> KeystoneAsync(Func<string, string?> environment, HttpClient client, CancellationToken ct)
    {
        var url = new Uri($"{environment("OS_AUTH_URL")!.TrimEnd('/').Replace("/v3", "", StringComparison.Ordinal)}/v3/auth/tokens");
        using var body = new StringContent(Login(environment), Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));
        try
        {
            using var answer = await client.PostAsync(url, body, ct);
            if (!answer.IsSuccessStatusCode || !answer.Headers.TryGetValues("X-Subject-Token", out var tokens))
                throw new CloudletException(
                    ErrorKind.PermissionDenied,
                    $"keystone at {url.Host}:{url.Port} refuses the account: HTTP {(int)answer.StatusCode}"
                );
            var token = await answer.Content.ReadFromJsonAsync(CatalogJson.Default.TokenAnswer, ct);
            return new CloudAccess(
                tokens.First(),
                Endpoint(token, "compute") ?? throw NoService("compute"),
                Endpoint(token, "placement") ?? throw NoService("placement"),
                Endpoint(token, "network")
            );
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            throw new CloudletException(ErrorKind.Unreachable, $"keystone at {url.Host}:{url.Port} does not answer: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new CloudletException(
                ErrorKind.Unexpected,
                $"keystone at {url.Host}:{url.Port} answers with something that is not a token",
                e
            );
        }
    }

    private static string Login(Func<string, string?> environment)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteStartObject("auth");
            json.WriteStartObject("identity");
            json.WriteStartArray("methods");
            json.WriteStringValue("password");
            json.WriteEndArray();
            json.WriteStartObject("password");
            Named(json, "user", environment("OS_USERNAME")!, environment("OS_USER_DOMAIN_NAME") ?? "Default", environment("OS_PASSWORD"));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartObject("scope");
            Named(json, "project", environment("OS_PROJECT_NAME")!, environment("OS_PROJECT_DOMAIN_NAME") ?? "Default", password: null);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static void Named(Utf8JsonWriter json, string what, string name, string domain, string? password)
    {
        json.WriteStartObject(what);
        json.WriteString("name", name);
        if (password is not null)
            json.WriteString("password", password);
        json.WriteStartObject("domain");
        json.WriteString("name", domain);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static Uri? Endpoint(TokenAnswer? token, string type) =>
        token
            ?.Token?.Catalog?.FirstOrDefault(s => s.Type == type)
            ?.Endpoints?.OrderBy(e =>
                e.Interface == "internal" ? 0
                : e.Interface == "public" ? 1
                : 2
            )
            .FirstOrDefault()
            ?.Url
            is { } url
        && Uri.TryCreate(url.TrimEnd('/'), UriKind.Absolute, out var found)
            ? found
            : null;

    private static CloudletException NoService(string type) => new(ErrorKind.NotFound, $"keystone's catalog has no service of type {type}");
}

/// <summary>Keystone's answer with a token; only the catalog is read.</summary>
internal sealed record TokenAnswer(TokenBody? Token);

/// <summary>The token.</summary>
internal sealed record TokenBody(IReadOnlyList<CatalogService>? Catalog);

/// <summary>A service of the catalog.</summary>
internal sealed record CatalogService(string? Type, IReadOnlyList<CatalogEndpoint>? Endpoints);

/// <summary>Where a service answers.</summary>
internal sealed record CatalogEndpoint(string? Interface, string? Url);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(
    PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase
)]
[System.Text.Json.Serialization.JsonSerializable(typeof(TokenAnswer))]
internal sealed partial class CatalogJson : System.Text.Json.Serialization.JsonSerializerContext;
