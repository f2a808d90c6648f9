using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>Removes the secrets of a resource from messages.</summary>
/// <param name="trees">Inputs that contain the secrets.</param>
internal sealed class Redaction(params IEnumerable<MapValue> trees)
{
    private const string Hidden = "[secret]";

    /// <summary>Shorter secrets occur in ordinary words; they are hidden only where they are quoted.</summary>
    private const int Telling = 4;

    // Longest first: one may be part of another.
    private readonly string[] _secrets =
    [
        .. trees
            .SelectMany(static t => InputTree.SecretTexts(t))
            .SelectMany(Parts)
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(static s => s.Length),
    ];

    /// <summary>The text without secrets.</summary>
    public string Clean(string text)
    {
        foreach (var secret in _secrets)
            text =
                secret.Length >= Telling
                    ? text.Replace(secret, Hidden, StringComparison.Ordinal)
                    : text.Replace($"\"{secret}\"", Hidden, StringComparison.Ordinal)
                        .Replace($"'{secret}'", Hidden, StringComparison.Ordinal);
        return text;
    }

    // A message quotes one line of a file more often than the whole file.
    private static IEnumerable<string> Parts(string secret) =>
        secret.Contains('\n', StringComparison.Ordinal)
            ?
            [
                secret,
                .. secret
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    .Where(static line => line.Length >= Telling),
            ]
            : [secret];
}
