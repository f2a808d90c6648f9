using System.Text.Json;

namespace Cloudlet.OpenStack;

/// <summary>Where a service answers.</summary>
/// <param name="Type">Type of the service, e.g. <c>compute</c>.</param>
/// <param name="Interface">Who it is for: internal, public or admin.</param>
/// <param name="Region">Its region; null: it has none.</param>
/// <param name="Url">Its URL, without a slash at its end.</param>
public sealed record CatalogEndpoint(string Type, string Interface, string? Region, Uri Url);

/// <summary>A token of Keystone with what it says about the cloud. Its value is never printed.</summary>
public sealed class CloudToken
{
    private static readonly string[] Preferred = ["internal", "public", "admin"];

    /// <summary>The value for X-Auth-Token.</summary>
    public required string Value { get; init; }

    /// <summary>How long it was valid when it was issued.</summary>
    public TimeSpan Lifetime { get; private init; }

    /// <summary>Id of the project that it is for; null: none.</summary>
    public string? ProjectId { get; private init; }

    /// <summary>Id of the account.</summary>
    public string? UserId { get; private init; }

    /// <summary>The services that Keystone knows.</summary>
    public IReadOnlyList<CatalogEndpoint> Catalog { get; private init; } = [];

    /// <summary>Where a service answers: its internal endpoint, else the public, else the one for administrators; null: unknown.</summary>
    /// <param name="type">Type of the service.</param>
    /// <param name="region">Its region; null: any.</param>
    public Uri? Find(string type, string? region = null) =>
        Catalog
            .Where(e => e.Type == type && (region is null || e.Region == region) && Preferred.Contains(e.Interface))
            .MinBy(static e => Array.IndexOf(Preferred, e.Interface))
            ?.Url;

    /// <summary>Reads Keystone's answer; null when it is not one.</summary>
    internal static CloudToken? Parse(string value, JsonElement answer)
    {
        if (answer.Part("token") is not { ValueKind: JsonValueKind.Object } token)
            return null;
        return new CloudToken
        {
            Value = value,
            Lifetime = LifetimeOf(token),
            ProjectId = token.Part("project").Text("id"),
            UserId = token.Part("user").Text("id"),
            Catalog = [.. token.Items("catalog").SelectMany(EndpointsOf)],
        };
    }

    /// <summary>From its own two times: the clock of this host may be wrong.</summary>
    private static TimeSpan LifetimeOf(JsonElement token) =>
        token.Text("issued_at") is { } issued
        && token.Text("expires_at") is { } expires
        && DateTimeOffset.TryParse(issued, System.Globalization.CultureInfo.InvariantCulture, out var from)
        && DateTimeOffset.TryParse(expires, System.Globalization.CultureInfo.InvariantCulture, out var to)
        && to > from
            ? to - from
            : TimeSpan.Zero;

    private static IEnumerable<CatalogEndpoint> EndpointsOf(JsonElement service)
    {
        foreach (var endpoint in service.Items("endpoints"))
            if (
                service.Text("type") is { } type
                && endpoint.Text("interface") is { } side
                && Uri.TryCreate(endpoint.Text("url")?.TrimEnd('/'), UriKind.Absolute, out var url)
                && url.Scheme is "http" or "https"
            )
                yield return new CatalogEndpoint(type, side, endpoint.Text("region_id") ?? endpoint.Text("region"), url);
    }
}
