using System.Buffers;
using System.ComponentModel;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Structure;

namespace Cloudlet.DesiredState.Site;

/// <summary>
/// The JSON Schema (draft 2020-12) of site files, for editors that complete and check them. It is generated from the section records that
/// the loader uses, so both always agree about keys and types; rules across keys (a vlan needs a parent) are checked only by the loader.
/// </summary>
public static class SiteSchema
{
    /// <summary>
    /// Name of the schema file; a site file names it in its first line: <c># yaml-language-server: $schema=…/site.schema.json</c>.
    /// </summary>
    public const string FileName = "site.schema.json";

    /// <summary>The schema, indented JSON with a line break at its end; every call returns the same text.</summary>
    public static string Generate()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (
            var writer = new Utf8JsonWriter(
                buffer,
                new JsonWriterOptions
                {
                    Indented = true,
                    NewLine = "\n",
                    Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                }
            )
        )
        {
            writer.WriteStartObject();
            writer.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
            writer.WriteString("$id", FileName);
            writer.WriteString("title", "Provision site file");
            WriteSection(writer, Shape.Site);
            WriteDefinitions(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void WriteDefinitions(Utf8JsonWriter writer)
    {
        var sections = new SortedDictionary<string, Shape>(StringComparer.Ordinal);
        foreach (var property in Shape.Site.Properties)
            Collect(property.Shape, sections);
        writer.WriteStartObject("$defs");
        foreach (var (name, shape) in sections)
        {
            writer.WriteStartObject(name);
            WriteSection(writer, shape);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void Collect(Shape shape, SortedDictionary<string, Shape> sections)
    {
        if (shape.Kind is ShapeKind.List or ShapeKind.Map or ShapeKind.TextOrSection)
            Collect(shape.Element, sections);
        if (shape.Kind != ShapeKind.Section || !sections.TryAdd(NameOf(shape), shape))
            return;
        foreach (var property in shape.Properties)
            Collect(property.Shape, sections);
    }

    internal static string NameOf(Shape section) =>
        JsonNamingPolicy.CamelCase.ConvertName(section.Type.Name.Replace("Section", "", StringComparison.Ordinal));

    /// <summary>An empty section is null in YAML, so null is allowed besides the object.</summary>
    private static void WriteSection(Utf8JsonWriter writer, Shape shape)
    {
        if (shape.Type.GetCustomAttribute<DescriptionAttribute>() is { } description)
            writer.WriteString("description", description.Description);
        WriteTypes(writer, isItem: shape == Shape.Site, "object");
        writer.WriteBoolean("additionalProperties", false);
        writer.WriteStartObject("properties");
        foreach (var property in shape.Properties)
        {
            writer.WriteStartObject(property.Name);
            if (Attribute<DescriptionAttribute>(property) is { } help)
                writer.WriteString("description", help.Description);
            WriteValue(writer, property.Shape, property, isItem: false);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>The keywords of one value.</summary>
    /// <param name="writer">Receives the keywords.</param>
    /// <param name="shape">Shape of the value.</param>
    /// <param name="property">The property of which it is the value, an item or an entry.</param>
    /// <param name="isItem">Items of lists are never null; elsewhere null removes an inherited value.</param>
    private static void WriteValue(Utf8JsonWriter writer, Shape shape, ShapeProperty property, bool isItem)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Section:
                writer.WriteString("$ref", $"#/$defs/{NameOf(shape)}");
                break;
            case ShapeKind.Map:
                WriteMap(writer, shape, property);
                break;
            case ShapeKind.List:
                WriteTypes(writer, isItem, "array");
                writer.WriteStartObject("items");
                WriteValue(writer, shape.Element, property, isItem: true);
                writer.WriteEndObject();
                break;
            case ShapeKind.Choice:
                WriteChoices(writer, shape, isItem);
                break;
            case ShapeKind.Integer:
                WriteTypes(writer, isItem, "integer");
                WriteRange(writer, property);
                break;
            case ShapeKind.Boolean:
                WriteTypes(writer, isItem, "boolean");
                break;
            case ShapeKind.Texts:
                WriteTypes(writer, isItem, "string", "number", "boolean", "array");
                writer.WriteStartObject("items");
                WriteTypes(writer, isItem: true, "string", "number", "boolean");
                writer.WriteEndObject();
                break;
            case ShapeKind.TextOrSection:
                WriteTextOr(writer, shape);
                break;
            case ShapeKind.Text:
                WriteText(writer, property, isItem);
                break;
        }
    }

    private static void WriteMap(Utf8JsonWriter writer, Shape shape, ShapeProperty property)
    {
        WriteTypes(writer, isItem: false, "object");
        if (Attribute<SchemaNamesAttribute>(property) is { } names)
        {
            writer.WriteStartObject("propertyNames");
            writer.WriteString("pattern", names.Pattern);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("additionalProperties");
        WriteValue(writer, shape.Element, property, isItem: false);
        writer.WriteEndObject();
    }

    /// <summary>Text includes unquoted numbers and booleans as written; a property with a pattern accepts only text.</summary>
    private static void WriteText(Utf8JsonWriter writer, ShapeProperty property, bool isItem)
    {
        if (Attribute<SchemaPatternAttribute>(property) is not { } pattern)
        {
            WriteTypes(writer, isItem, "string", "number", "boolean");
            return;
        }

        WriteTypes(writer, isItem, "string");
        writer.WriteString("pattern", pattern.Pattern);
    }

    /// <summary>The text has a pattern; the section allows null.</summary>
    private static void WriteTextOr(Utf8JsonWriter writer, Shape shape)
    {
        writer.WriteStartArray("anyOf");
        writer.WriteStartObject();
        WriteTypes(writer, isItem: true, "string");
        writer.WriteString("pattern", shape.Type.GetCustomAttribute<SchemaTextOrAttribute>()!.Pattern);
        writer.WriteEndObject();
        writer.WriteStartObject();
        writer.WriteString("$ref", $"#/$defs/{NameOf(shape.Element)}");
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteChoices(Utf8JsonWriter writer, Shape shape, bool isItem)
    {
        writer.WriteStartArray("enum");
        foreach (var choice in shape.Choices)
            writer.WriteStringValue(choice);
        if (!isItem)
            writer.WriteNullValue();
        writer.WriteEndArray();
    }

    private static void WriteRange(Utf8JsonWriter writer, ShapeProperty property)
    {
        if (Attribute<SchemaRangeAttribute>(property) is not { } range)
            return;
        writer.WriteNumber("minimum", range.Min);
        writer.WriteNumber("maximum", range.Max);
    }

    private static void WriteTypes(Utf8JsonWriter writer, bool isItem, params ReadOnlySpan<string> types)
    {
        if (isItem && types.Length == 1)
        {
            writer.WriteString("type", types[0]);
            return;
        }

        writer.WriteStartArray("type");
        foreach (var type in types)
            writer.WriteStringValue(type);
        if (!isItem)
            writer.WriteStringValue("null");
        writer.WriteEndArray();
    }

    internal static T? Attribute<T>(ShapeProperty property)
        where T : Attribute => property.Attributes?.GetCustomAttributes(typeof(T), inherit: false) is [T attribute, ..] ? attribute : null;
}
