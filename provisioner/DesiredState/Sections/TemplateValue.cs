using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Sections;

/// <summary>Any YAML value, as templates see it: text, number, boolean, null, list or mapping.</summary>
/// <param name="Node">The value; only unquoted numbers and booleans of the YAML 1.2 core schema count as such.</param>
[JsonConverter(typeof(TemplateValueConverter))]
public sealed record TemplateValue(JsonNode? Node);

/// <summary>A template value is the JSON value itself.</summary>
internal sealed class TemplateValueConverter : JsonConverter<TemplateValue>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override TemplateValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(JsonNode.Parse(ref reader));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TemplateValue value, JsonSerializerOptions options)
    {
        if (value.Node is { } node)
            node.WriteTo(writer, options);
        else
            writer.WriteNullValue();
    }
}
