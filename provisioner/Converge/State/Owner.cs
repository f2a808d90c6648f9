using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.Converge.State;

/// <summary>The kind of description that owns a host.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OwnerKind>))]
public enum OwnerKind
{
    /// <summary>Site files.</summary>
    [JsonStringEnumMemberName("site")]
    Site,

    /// <summary>A Pulumi stack.</summary>
    [JsonStringEnumMemberName("pulumi")]
    Pulumi,

    /// <summary>A compiled state, applied directly.</summary>
    [JsonStringEnumMemberName("state")]
    State,
}

/// <summary>The owner of a host. There is only one, because two descriptions would undo each other's changes.</summary>
/// <param name="Kind">The kind of description.</param>
/// <param name="Name">The site, or project/stack.</param>
/// <param name="Host">The host in that description: its name, or the URN of its resource.</param>
public sealed record Owner(OwnerKind Kind, string Name, string Host)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Kind switch
        {
            OwnerKind.Site => $"site \"{Name}\" as host {Host}",
            OwnerKind.Pulumi => $"Pulumi stack {Name} as resource {Host}",
            _ => $"a compiled state of host {Host}",
        };
}

/// <summary>A request to describe a host.</summary>
/// <param name="Owner">The requesting owner.</param>
public sealed record OwnerClaim(Owner Owner)
{
    /// <summary>The host's earlier name in the same description; null: it was not renamed.</summary>
    public string? Formerly { get; init; }

    /// <summary>True: take the host over from any present owner.</summary>
    public bool TakeOver { get; init; }

    /// <summary>True when the present owner is this claim's owner.</summary>
    internal bool Covers(Owner current) =>
        current == Owner || (Formerly is not null && current == Owner with { Host = Formerly }) || IsCompiledFrom(current);

    /// <summary>
    /// A compiled state names its host but not its site: it counts as the same description as a site that has a host of this name.
    /// description.
    /// </summary>
    private bool IsCompiledFrom(Owner current) =>
        current.Host == Owner.Host && (Owner.Kind, current.Kind) is (OwnerKind.State, OwnerKind.Site) or (OwnerKind.Site, OwnerKind.State);
}

/// <summary>
/// A host's record of its owner. A host without one, such as every host that an older version applied to, belongs to the first
/// description that is applied.
/// </summary>
public sealed record Ownership
{
    /// <summary>The owner.</summary>
    public required Owner Owner { get; init; }

    /// <summary>Since when, UTC.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The run that took the host over; null: the takeover changed nothing else.</summary>
    public string? Run { get; init; }

    /// <summary>The owner before that run, which gets the host back when the run is rolled back.</summary>
    public Owner? Before { get; init; }

    /// <summary>The record as JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, OwnershipJson.Default.Ownership);

    /// <summary>Reads a record.</summary>
    /// <exception cref="JsonException">The bytes are not a valid record.</exception>
    public static Ownership Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, OwnershipJson.Default.Ownership)
            is { Owner: { Name: not null, Host: not null }, Before: null or { Name: not null, Host: not null } } record
            ? record
            : throw new JsonException("a record of ownership names an owner, and a host in its description");
}

/// <summary>How records of ownership are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(Ownership))]
internal sealed partial class OwnershipJson : JsonSerializerContext;
