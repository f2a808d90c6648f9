using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cloudlet.Explain.Exhibits;

/// <summary>Removes secrets from JSON; the result is still JSON.</summary>
internal static class SecretJson
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The same JSON without secrets, or null when the text is not JSON.</summary>
    /// <param name="json">The text.</param>
    /// <param name="text">Cleans names and texts in it.</param>
    public static string? Clean(string json, Func<string, string> text)
    {
        try
        {
            var reader = new Utf8JsonReader(Strict.GetBytes(json));
            var buffer = new ArrayBufferWriter<byte>(json.Length + 16);
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
                Copy(ref reader, writer, text);
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or EncoderFallbackException or ArgumentException)
        {
            return null;
        }
    }

    private static void Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer, Func<string, string> text)
    {
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    Property(ref reader, writer, reader.GetString()!, text);
                    break;
                case JsonTokenType.String:
                    writer.WriteStringValue(text(reader.GetString()!));
                    break;
                case JsonTokenType.StartObject:
                    writer.WriteStartObject();
                    break;
                case JsonTokenType.EndObject:
                    writer.WriteEndObject();
                    break;
                case JsonTokenType.StartArray:
                    writer.WriteStartArray();
                    break;
                case JsonTokenType.EndArray:
                    writer.WriteEndArray();
                    break;
                default:
                    writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                    break;
            }
        }
    }

    private static void Property(ref Utf8JsonReader reader, Utf8JsonWriter writer, string name, Func<string, string> text)
    {
        writer.WritePropertyName(text(name));
        if (!SecretNames.IsSecret(name) && !SecretNames.IsSecretUrl(name))
            return;
        reader.Read();
        reader.Skip();
        writer.WriteStringValue(Redaction.Mark);
    }
}
