using System.Text.Json;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>Reads JSON answers without trust: a missing value, or one of another type, is null.</summary>
internal static class JsonText
{
    /// <summary>Longest quote of an answer: a line or two of a terminal.</summary>
    private const int LongestQuote = 300;

    /// <summary>The root, or null and a note.</summary>
    public static JsonElement? Root(Exhibit exhibit, Notes notes)
    {
        try
        {
            using var document = JsonDocument.Parse(exhibit.Text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            notes.Malformed(exhibit, "the answer is not JSON");
            return null;
        }
    }

    /// <summary>Elements of the array of that name, or null and a note.</summary>
    public static IReadOnlyList<JsonElement>? List(Exhibit exhibit, string name, Notes notes)
    {
        if (Root(exhibit, notes) is not { } root)
            return null;
        if (Get(root, name) is { ValueKind: JsonValueKind.Array } array)
            return [.. array.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object)];
        notes.Malformed(exhibit, $"the answer has no list \"{name}\"");
        return null;
    }

    /// <summary>The object of that name, or null and a note.</summary>
    public static JsonElement? Object(Exhibit exhibit, string name, Notes notes)
    {
        if (Root(exhibit, notes) is not { } root)
            return null;
        if (Get(root, name) is { ValueKind: JsonValueKind.Object } found)
            return found;
        notes.Malformed(exhibit, $"the answer has no object \"{name}\"");
        return null;
    }

    public static JsonElement? Get(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } found
        && found.TryGetProperty(name, out var value)
        && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public static string? Text(JsonElement? element, string name)
    {
        try
        {
            return Get(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair in an escape: valid JSON, but not valid text.
            return null;
        }
    }

    public static long? Integer(JsonElement? element, string name) =>
        Get(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    public static double? Number(JsonElement? element, string name) =>
        Get(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : null;

    public static bool? Truth(JsonElement? element, string name) =>
        Get(element, name)?.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        };

    /// <summary>The named properties as they came.</summary>
    public static string Quote(JsonElement element, params ReadOnlySpan<string> names)
    {
        List<string> parts = [];
        foreach (var name in names)
        {
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value))
                parts.Add($"\"{name}\": {value.GetRawText()}");
        }

        var quote = string.Join(", ", parts);
        return quote.Length <= LongestQuote ? quote : $"{quote[..LongestQuote]}…";
    }
}
