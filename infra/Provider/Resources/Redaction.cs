using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>Takes the secrets of a resource out of what is said about it.</summary>
/// <param name="trees">Where they stand.</param>
internal sealed class Redaction(params IEnumerable<MapValue> trees)
{
    private const string Hidden = "[secret]";

    /// <summary>Shorter ones stand in every other word; they are hidden where they are quoted.</summary>
    private const int Telling = 4;

    // The longest first: one may be part of another.
    private readonly string[] secrets = [.. trees.SelectMany(static t => InputTree.SecretTexts(t)).SelectMany(Parts).Distinct(StringComparer.Ordinal).OrderByDescending(static s => s.Length)];

    /// <summary>A text without them.</summary>
    public string Clean(string text)
    {
        foreach (var secret in secrets)
            text = secret.Length >= Telling
                ? text.Replace(secret, Hidden, StringComparison.Ordinal)
                : text.Replace($"\"{secret}\"", Hidden, StringComparison.Ordinal).Replace($"'{secret}'", Hidden, StringComparison.Ordinal);
        return text;
    }

    // A message quotes a line of a file more often than the whole.
    private static IEnumerable<string> Parts(string secret) => secret.Contains('\n', StringComparison.Ordinal)
        ? [secret, .. secret.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(static line => line.Length >= Telling)]
        : [secret];
}
