using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Yaml;

namespace Cloudlet.DesiredState.Site.Structure;

/// <summary>
/// Builds section records from checked nodes: the nodes are written as JSON and read by the generated deserializer.
/// </summary>
internal static class SectionBuilder
{
    /// <summary>The host that a checked and merged mapping describes.</summary>
    public static HostSection Host(YamlMapping mapping) => Build(Shape.Site.Find("hosts")!.Shape.Element, mapping, SiteJson.Host);

    private static T Build<T>(Shape shape, YamlMapping mapping, JsonTypeInfo<T> info)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
            Write(writer, shape, mapping);
        return JsonSerializer.Deserialize(buffer.WrittenSpan, info)!;
    }

    private static void Write(Utf8JsonWriter writer, Shape shape, YamlNode node)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Any:
                WriteAny(writer, node);
                break;
            case var _ when node.IsRemoval:
                writer.WriteNullValue();
                break;
            case ShapeKind.Section or ShapeKind.Map:
                WriteMapping(writer, shape, (YamlMapping)node);
                break;
            case ShapeKind.TextOrSection when node is YamlMapping mapping:
                WriteMapping(writer, shape.Element, mapping);
                break;
            case ShapeKind.List:
            case ShapeKind.Texts when node is YamlSequence:
                writer.WriteStartArray();
                foreach (var item in ((YamlSequence)node).Items)
                    Write(writer, shape.Element, item);
                writer.WriteEndArray();
                break;
            default:
                WriteScalar(writer, shape, ((YamlScalar)node).Text);
                break;
        }
    }

    private static void WriteMapping(Utf8JsonWriter writer, Shape shape, YamlMapping mapping)
    {
        writer.WriteStartObject();
        foreach (var entry in mapping.Entries)
        {
            if (entry.Value.IsRemoval)
                continue;
            writer.WritePropertyName(entry.Key);
            Write(writer, shape.Kind == ShapeKind.Map ? shape.Element : shape.Find(entry.Key)!.Shape, entry.Value);
        }

        writer.WriteEndObject();
    }

    private static void WriteScalar(Utf8JsonWriter writer, Shape shape, string text)
    {
        if (shape.Kind == ShapeKind.Integer && CoreSchema.TryInteger(text, out var integer))
            writer.WriteNumberValue(integer);
        else if (shape.Kind == ShapeKind.Boolean && CoreSchema.TryBoolean(text, out var boolean))
            writer.WriteBooleanValue(boolean);
        else
            writer.WriteStringValue(text);
    }

    private static void WriteAny(Utf8JsonWriter writer, YamlNode node)
    {
        switch (node)
        {
            case YamlMapping mapping:
                writer.WriteStartObject();
                foreach (var entry in mapping.Entries)
                {
                    if (entry.Value.IsRemoval)
                        continue;
                    writer.WritePropertyName(entry.Key);
                    WriteAny(writer, entry.Value);
                }

                writer.WriteEndObject();
                break;
            case YamlSequence list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                    WriteAny(writer, item);
                writer.WriteEndArray();
                break;
            case YamlScalar scalar when CoreSchema.ToJson(scalar) is { } value:
                value.WriteTo(writer);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }
}
