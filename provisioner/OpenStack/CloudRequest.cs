using System.Text.Json.Nodes;

namespace Cloudlet.OpenStack;

/// <summary>A request to a service of a cloud.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Service">Type of the service in the catalog, e.g. <c>network</c>.</param>
/// <param name="Path">Path below the service's version, with a slash at its beginning, e.g. <c>/networks</c>.</param>
public sealed record CloudRequest(HttpMethod Method, string Service, string Path)
{
    /// <summary>Content as JSON; null: none.</summary>
    public JsonNode? Body { get; init; }

    /// <summary>Media type of <see cref="Body"/>.</summary>
    public string MediaType { get; init; } = "application/json";

    /// <summary>Content that is sent as it is read; called for every attempt; null: <see cref="Body"/>.</summary>
    public Func<HttpContent>? Content { get; init; }

    /// <summary>How long it may take.</summary>
    public TimeSpan Limit { get; init; } = CloudHttp.UsualLimit;

    /// <summary>Texts in the request that no message may have.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];
}
