namespace Cloudlet.Explain.Exhibits;

/// <summary>
/// Removes secrets from configuration, where a value may continue over several lines and an option that is commented out is still
/// secret.
/// </summary>
internal static class SecretConfiguration
{
    public static string Clean(string text)
    {
        var lines = text.Split('\n');
        SecretText.Keys(lines);
        var inSecret = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].AsSpan().Trim().Length == 0)
                continue;
            var (isMore, name, value) = Look(lines[i]);
            // A value that is not secret by name may contain a secret, like two options on one line; then its continuation is secret, too.
            var clean =
                IsSecret(name) ? Secret(lines[i], name, value)
                : isMore && inSecret ? $"    {Redaction.Mark}"
                : SecretText.Line(lines[i]);
            inSecret = IsSecret(name) || (isMore && inSecret) || clean != lines[i] || clean == Redaction.Mark;
            lines[i] = clean;
        }

        return string.Join('\n', lines);
    }

    /// <summary>Values of secret options, whole and line by line; of URLs, the passwords.</summary>
    public static IEnumerable<string> SecretsOf(string text)
    {
        string? secret = null;
        foreach (var line in text.Split('\n'))
        {
            var (isMore, name, value) = Look(line);
            if (isMore && secret is not null)
            {
                yield return line;
                continue;
            }

            if (line.AsSpan().Trim().Length == 0)
                continue;
            secret = IsSecret(name) ? value : null;
            if (SecretNames.IsSecret(name) || (secret is not null && !value.Contains("://", StringComparison.Ordinal)))
                yield return value;
            foreach (var found in SecretUrl.SecretsOf(value))
                yield return found;
        }
    }

    private static bool IsSecret(string name) => SecretNames.IsSecret(name) || SecretNames.IsSecretUrl(name);

    /// <summary>Parses a line: a continuation of the value above, or a name and a value with or without a sign between them.</summary>
    private static (bool IsMore, string Name, string Value) Look(string line)
    {
        var plain = line.AsSpan().TrimEnd();
        var isMore = plain.Length > 0 && char.IsWhiteSpace(line[0]);
        var said = plain.TrimStart(" \t#;");
        var length = said.IndexOfAnyExcept(SecretNames.Characters);
        if (length < 0)
            length = said.Length;
        return (isMore, said[..length].ToString(), said[length..].TrimStart(" \t=:").ToString());
    }

    private static string Secret(string line, string name, string value)
    {
        var before = line[..(line.IndexOf(name, StringComparison.Ordinal) + name.Length)];
        return value.Length == 0
            ? $"{before} ="
            : $"{before} = {(SecretNames.IsSecretUrl(name) ? SecretUrl.Clean(value) : Redaction.Mark)}";
    }
}
