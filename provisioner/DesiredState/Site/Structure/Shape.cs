using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Site.Structure;

/// <summary>Types of values in a site file.</summary>
internal enum ShapeKind
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>One of a set of words.</summary>
    Choice,

    /// <summary>A text, or a list of texts.</summary>
    Texts,

    /// <summary>Anything.</summary>
    Any,

    /// <summary>A text, or a fixed set of keys.</summary>
    TextOrSection,

    /// <summary>A list whose items have one shape.</summary>
    List,

    /// <summary>Names chosen by the user, with values of one shape.</summary>
    Map,

    /// <summary>A fixed set of keys.</summary>
    Section,
}

/// <summary>A key of a section.</summary>
/// <param name="Name">The key.</param>
/// <param name="Shape">Shape of its value.</param>
/// <param name="Attributes">Source of its description and bounds; used only for the JSON Schema.</param>
internal sealed record ShapeProperty(string Name, Shape Shape, ICustomAttributeProvider? Attributes);

/// <summary>
/// The shape of a part of a site file, derived from the section records: they are the only definition of what is allowed, for checking a
/// file, building the records and generating the JSON Schema.
/// </summary>
internal sealed class Shape
{
    private Shape(ShapeKind kind, Type type)
    {
        Kind = kind;
        Type = type;
    }

    /// <summary>The shape of a whole site file.</summary>
    public static Shape Site => s_site ??= Of(SiteJson.Site);

    private static Shape? s_site;

    /// <summary>Type of the value.</summary>
    public ShapeKind Kind { get; }

    /// <summary>The C# type of the built value.</summary>
    public Type Type { get; }

    /// <summary>Shape of the items of a list, of the values of a map, or of the mapping that may be there instead of a text.</summary>
    public Shape Element => _element ?? throw new InvalidOperationException($"{Kind} has no element");

    /// <summary>Words of a choice.</summary>
    public IReadOnlyList<string> Choices { get; private init; } = [];

    /// <summary>Keys of a section, in the order of the record.</summary>
    public IReadOnlyList<ShapeProperty> Properties { get; private init; } = [];

    private Shape? _element;

    /// <summary>The key <paramref name="name"/> of a section, or null.</summary>
    public ShapeProperty? Find(string name)
    {
        foreach (var property in Properties)
        {
            if (property.Name == name)
                return property;
        }

        return null;
    }

    private static Shape Of(JsonTypeInfo info) =>
        info.Kind switch
        {
            JsonTypeInfoKind.Object => Section(info),
            JsonTypeInfoKind.Dictionary => new Shape(ShapeKind.Map, info.Type)
            {
                _element = Of(info.Options.GetTypeInfo(info.ElementType!)),
            },
            JsonTypeInfoKind.Enumerable => new Shape(ShapeKind.List, info.Type)
            {
                _element = Of(info.Options.GetTypeInfo(info.ElementType!)),
            },
            _ => Scalar(info),
        };

    private static Shape Section(JsonTypeInfo info)
    {
        var properties = new List<ShapeProperty>(info.Properties.Count);
        foreach (var property in info.Properties)
            properties.Add(
                new ShapeProperty(property.Name, Of(info.Options.GetTypeInfo(property.PropertyType)), property.AttributeProvider)
            );
        return new Shape(ShapeKind.Section, info.Type) { Properties = properties };
    }

    private static Shape Scalar(JsonTypeInfo info)
    {
        var type = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        if (type == typeof(string))
            return new Shape(ShapeKind.Text, type);
        if (type == typeof(int))
            return new Shape(ShapeKind.Integer, type);
        if (type == typeof(bool))
            return new Shape(ShapeKind.Boolean, type);
        if (type == typeof(TemplateValue))
            return new Shape(ShapeKind.Any, type);
        if (type.GetCustomAttribute<SchemaTextOrAttribute>() is { } or)
            return new Shape(ShapeKind.TextOrSection, type) { _element = Of(info.Options.GetTypeInfo(or.Section)) };
        if (type == typeof(OsloValue))
            return new Shape(ShapeKind.Texts, type) { _element = new Shape(ShapeKind.Text, typeof(string)) };
        return type.IsEnum
            ? new Shape(ShapeKind.Choice, type) { Choices = Words(info.Options.GetTypeInfo(type)) }
            : throw new NotSupportedException(
                $"a section property of type {type} has no shape; add one in {nameof(Shape)}.{nameof(Scalar)}"
            );
    }

    private static List<string> Words(JsonTypeInfo info)
    {
        var words = new List<string>();
        foreach (var value in Enum.GetValuesAsUnderlyingType(info.Type))
            words.Add(JsonSerializer.SerializeToElement(Enum.ToObject(info.Type, value), info).GetString()!);
        return words;
    }
}
