using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Plans;

namespace Cloudlet.Healthd.Report;

/// <summary>
/// Removes possible secrets from reports: contents of files. A site only references its secrets, but a file that was found on the host may
/// contain anything. The remaining digest only tells two contents apart.
/// </summary>
internal static class Redaction
{
    private const string DigestPrefix = "sha256:";

    /// <summary>The record without contents.</summary>
    public static HealRecord Of(HealRecord record) => record with { Seen = Of(record.Seen), Left = Of(record.Left) };

    /// <summary>The record without any values, for records that would be too long.</summary>
    public static HealRecord Brief(HealRecord record) => record with { Seen = Brief(record.Seen), Left = Brief(record.Left) };

    private static IReadOnlyList<ResourceChange> Of(IReadOnlyList<ResourceChange> changes) =>
        [.. changes.Select(c => new ResourceChange(c.Id, c.Action, [.. c.Properties.Select(Of)]) { Error = c.Error })];

    private static IReadOnlyList<ResourceChange> Brief(IReadOnlyList<ResourceChange> changes) =>
        [.. changes.Select(c => new ResourceChange(c.Id, c.Action, []))];

    private static PropertyChange Of(PropertyChange property) =>
        property.Path == "content" || property.Path.EndsWith(".content", StringComparison.Ordinal)
            ? property with
            {
                From = Note(property.From),
                To = Note(property.To),
            }
            : property;

    private static JsonNode? Note(JsonNode? content)
    {
        if (content is null)
            return null;
        var text = content is JsonValue value && value.TryGetValue(out string? plain) ? plain : content.ToJsonString();
        if (text.StartsWith(DigestPrefix, StringComparison.Ordinal) && text.Length == DigestPrefix.Length + (2 * SHA256.HashSizeInBytes))
            return $"{text[..(DigestPrefix.Length + 4)]}…";
        var bytes = Encoding.UTF8.GetBytes(text);
        return $"{bytes.Length} bytes, {DigestPrefix}{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 2))}…";
    }
}
