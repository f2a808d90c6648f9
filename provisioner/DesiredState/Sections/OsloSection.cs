using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Sections;

/// <summary>A configuration file of an OpenStack service, option by option.</summary>
[Description("A configuration file of an OpenStack service (oslo.config).")]
public sealed record OsloSection
{
    /// <summary>Section → option → value.</summary>
    [Description(
        "The options, by section and name; a list is an option that is given several times, and ~ removes an option. "
            + "${secret:NAME} stands for a secret."
    )]
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, OsloValue>>? Options { get; init; }

    /// <summary>Namespace of the options.</summary>
    [Description(
        "Namespace in which the service declares its options (its oslo.config.opts entry point, e.g. nova.conf, placement.conf, "
            + "glance.api): on the host the content is checked against the installed "
            + "release before it is written."
    )]
    [SchemaPattern(Oslo.OsloNames.NamespacePattern)]
    public string? Namespace { get; init; }
}

/// <summary>The value of an option, as written: one text, or several.</summary>
/// <param name="Texts">The texts, in their order.</param>
[JsonConverter(typeof(OsloValueConverter))]
public sealed record OsloValue(IReadOnlyList<string> Texts)
{
    /// <summary>One value.</summary>
    public static implicit operator OsloValue(string text) => FromString(text);

    /// <summary>One value.</summary>
    public static OsloValue FromString(string text) => new([text]) { IsList = false };

    /// <summary>True when it was given as a list, even with one item.</summary>
    public bool IsList { get; init; } = true;
}

/// <summary>A value is a text, or a list of texts.</summary>
internal sealed class OsloValueConverter : JsonConverter<OsloValue>
{
    /// <inheritdoc/>
    public override OsloValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return reader.GetString()!;
        var texts = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            texts.Add(reader.GetString()!);
        return new OsloValue(texts);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, OsloValue value, JsonSerializerOptions options)
    {
        if (!value.IsList)
        {
            writer.WriteStringValue(value.Texts[0]);
            return;
        }

        writer.WriteStartArray();
        foreach (var text in value.Texts)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}
