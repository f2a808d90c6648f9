using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pulumi.Serialization;

/// <summary>
/// Refuses outputs and inputs inside a value that becomes JSON: their values are not available yet, and they would become empty objects.
/// </summary>
internal sealed class WithoutOutputs : JsonConverter<object>
{
    /// <summary>The options with this refusal added.</summary>
    public static JsonSerializerOptions Over(JsonSerializerOptions? options)
    {
        var own = options is null ? new JsonSerializerOptions() : new JsonSerializerOptions(options);
        own.Converters.Insert(0, new WithoutOutputs());
        return own;
    }

    public override bool CanConvert(Type typeToConvert) =>
        typeof(IOutput).IsAssignableFrom(typeToConvert) || typeof(IInput).IsAssignableFrom(typeToConvert);

    public override object Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options) =>
        throw new NotSupportedException(
            "an output inside a value cannot be written as JSON here: join the outputs with Output.All or Output.Tuple first, and "
                + "serialize the result"
        );
}
