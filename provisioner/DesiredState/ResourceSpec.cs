using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState;

/// <summary>
/// One resource of a host. The same type describes the desired and the observed state: in a desired spec a null property is left as it is,
/// in an observed one null means that the host has none. Lists are sets: <see cref="HostState"/> keeps them sorted, and their order never
/// matters. Each kind of resource derives its own spec and is defined by its <see cref="KindDescriptor"/>.
/// </summary>
[JsonConverter(typeof(ResourceSpecConverter))]
public abstract record ResourceSpec
{
    /// <summary>Word of the kind, e.g. <c>link</c>; in JSON it is the first property and determines the others.</summary>
    [JsonPropertyOrder(-11)]
    public string Resource => KindDescriptors.Of(this).Word;

    /// <summary>
    /// Identity on its host: the resource name, a colon and the name on the host, e.g. <c>link:cloudlet0</c>, <c>file:/etc/motd</c>.
    /// </summary>
    [JsonPropertyOrder(-10)]
    public required string Id { get; init; }

    /// <summary>Ids of the resources that must be as described before this one is touched.</summary>
    [JsonPropertyOrder(10)]
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>
    /// Ids, a subset of <see cref="After"/>, whose change may make this resource deviate (a service and its configuration file): after such
    /// a change it is observed again.
    /// </summary>
    [JsonPropertyOrder(11)]
    public IReadOnlyList<string> Watches { get; init; } = [];
}

/// <summary>Reads and writes a spec as its kind's type.</summary>
public sealed class ResourceSpecConverter : JsonConverter<ResourceSpec>
{
    /// <inheritdoc/>
    public override ResourceSpec Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var word = WordOf(reader);
        var kind = KindDescriptors.Find(word) ?? throw new JsonException($"unknown kind of resource \"{word}\"");
        return (ResourceSpec?)JsonSerializer.Deserialize(ref reader, kind.SpecJson) ?? throw new JsonException("expected a resource");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ResourceSpec value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, KindDescriptors.Of(value).SpecJson);

    /// <summary>The first property of the object; the reader is a copy, so the caller's reader does not move.</summary>
    private static string? WordOf(Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.StartObject
        && reader.Read()
        && reader.TokenType == JsonTokenType.PropertyName
        && reader.ValueTextEquals("resource")
        && reader.Read()
        && reader.TokenType == JsonTokenType.String
            ? reader.GetString()
            : throw new JsonException("expected an object whose first property is \"resource\", the word of a kind");
}
