namespace Cloudlet.Resources.Cloud;

/// <summary>Maps of texts as sets of <c>KEY=VALUE</c>; a key has no equals sign.</summary>
internal static class KeyValues
{
    /// <summary>One pair as a text.</summary>
    public static string Text(string key, string value) => $"{key}={value}";

    /// <summary>The pairs of texts, by key.</summary>
    public static IReadOnlyDictionary<string, string> Parse(IReadOnlyList<string>? texts) =>
        (texts ?? []).ToDictionary(
            static t => t[..t.IndexOf('=', StringComparison.Ordinal)],
            static t => t[(t.IndexOf('=', StringComparison.Ordinal) + 1)..],
            StringComparer.Ordinal
        );
}
