using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Site;

/// <summary>Metadata of the sections, generated at build time: it decides which keys a site file may have, and builds the sections.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(SiteSection))]
internal sealed partial class SiteJson : JsonSerializerContext;

/// <summary>A template value is the JSON value itself.</summary>
internal sealed class TemplateValueConverter : JsonConverter<TemplateValue>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override TemplateValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(JsonNode.Parse(ref reader));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TemplateValue value, JsonSerializerOptions options)
    {
        if (value.Node is { } node)
            node.WriteTo(writer, options);
        else
            writer.WriteNullValue();
    }
}
