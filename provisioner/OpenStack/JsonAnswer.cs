using System.Globalization;
using System.Text.Json;

namespace Cloudlet.OpenStack;

/// <summary>
/// Parts of an answer. A service may answer anything, so what is missing or of another type is null or empty, and never an exception.
/// </summary>
public static class JsonAnswer
{
    /// <summary>The text of a property, or its number as text; null: it has none.</summary>
    public static string? Text(this JsonElement value, string name) =>
        value.Part(name) switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var whole) => whole.ToString(
                CultureInfo.InvariantCulture
            ),
            _ => null,
        };

    /// <summary>The value of a property; undefined when there is none.</summary>
    public static JsonElement Part(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var found) ? found : default;

    /// <summary>The items of a list; none when it is not one.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement value, string name) =>
        value.Part(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];
}
