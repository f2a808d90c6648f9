using System.Text.Json;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>Reads what QEMU answers. One that its guest has taken over may answer anything: what is missing or of another kind is none.</summary>
internal static class QmpAnswers
{
    /// <summary>A text, or null.</summary>
    public static string? Text(this JsonElement answer, string name) => Find(answer, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>True when it is there and true.</summary>
    public static bool Says(this JsonElement answer, string name) => Find(answer, name) is { ValueKind: JsonValueKind.True };

    /// <summary>A whole number, or null.</summary>
    public static long? Number(this JsonElement answer, string name) => Find(answer, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    /// <summary>What a list holds.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement answer) => answer.ValueKind == JsonValueKind.Array ? answer.EnumerateArray() : [];

    private static JsonElement? Find(JsonElement answer, string name) => answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var value) ? value : null;
}
