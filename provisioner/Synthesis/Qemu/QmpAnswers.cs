using System.Globalization;
using System.Text.Json;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>
/// Reads QEMU's answers. A guest that has taken over QEMU may answer anything, so a missing or mistyped property counts as absent.
/// </summary>
internal static class QmpAnswers
{
    /// <summary>A text, or null.</summary>
    public static string? Text(this JsonElement answer, string name) =>
        Find(answer, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>True when it is present and true.</summary>
    public static bool Says(this JsonElement answer, string name) => Find(answer, name) is { ValueKind: JsonValueKind.True };

    /// <summary>A whole number, or null.</summary>
    public static long? Number(this JsonElement answer, string name) =>
        Find(answer, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    /// <summary>The items of a list; empty for anything else.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Array ? answer.EnumerateArray() : [];

    /// <summary>The version in an answer to <c>query-version</c>, such as 7.2.22; ProcessFailed when it has none.</summary>
    public static string Version(JsonElement answer)
    {
        var numbers = Find(answer, "qemu") is { } qemu ? new[] { qemu.Number("major"), qemu.Number("minor"), qemu.Number("micro") } : [];
        return numbers.Length > 0 && numbers.All(n => n is >= 0 and < 1000)
            ? string.Join('.', numbers.Select(n => n!.Value.ToString(CultureInfo.InvariantCulture)))
            : throw new CloudletException(ErrorKind.ProcessFailed, "QEMU did not report its version");
    }

    private static JsonElement? Find(JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var value) ? value : null;
}
