using System.Text.Json.Nodes;

namespace Cloudlet.Wire.Values;

/// <summary>Property values as JSON.</summary>
public static class PropertyJson
{
    // Above this, a double cannot represent every whole number.
    private const double MaxExact = 9007199254740992;

    /// <summary>Plain data as JSON, whole numbers without a fraction; null for no value.</summary>
    /// <exception cref="FormatException">JSON cannot represent the value: unknown, secret (see <see cref="PropertyValue.Plain"/>), a
    /// resource, a file.</exception>
    public static JsonNode? ToNode(PropertyValue value) =>
        value switch
        {
            NullValue => null,
            BooleanValue { Value: var b } => JsonValue.Create(b),
            NumberValue { Value: var n } => n == Math.Truncate(n) && Math.Abs(n) <= MaxExact
                ? JsonValue.Create((long)n)
                : JsonValue.Create(n),
            TextValue { Value: var t } => JsonValue.Create(t),
            ListValue { Items: var items } => new JsonArray([.. items.Select(ToNode)]),
            MapValue { Entries: var entries } => new JsonObject(entries.Select(static e => KeyValuePair.Create(e.Key, ToNode(e.Value)))),
            _ => throw new FormatException($"JSON cannot represent a {value.GetType().Name}"),
        };
}
