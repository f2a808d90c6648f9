using System.Text.Json.Nodes;

namespace Cloudlet.Resources.Cloud;

/// <summary>A property of a kind of object: its two names, and how it is read and written.</summary>
/// <param name="Name">JSON name in the spec.</param>
/// <param name="Wire">Name in the API.</param>
internal sealed record CloudProperty(string Name, string Wire)
{
    /// <summary>True: it is only set at the creation, so another value needs another object.</summary>
    public bool IsFixed { get; init; }

    /// <summary>The API has an id of this collection where the spec has a name.</summary>
    public CloudCollection? Refers { get; init; }

    /// <summary>Its value in the spec from that in the API; null: they are the same.</summary>
    public Func<JsonNode?, JsonNode?>? Read { get; init; }

    /// <summary>Its value in the API from that in the spec; null: they are the same.</summary>
    public Func<JsonNode, JsonNode?>? Write { get; init; }
}
