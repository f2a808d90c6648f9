namespace Cloudlet.Explain.Exhibits;

/// <summary>Takes secrets out of configuration, where a value may go on over several lines, and an option that is commented out is as secret as before.</summary>
internal static class SecretConfiguration
{
    public static string Clean(string text)
    {
        var lines = text.Split('\n');
        var isClean = new bool[lines.Length];
        var inSecret = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var (isMore, name, value) = Look(lines[i]);
            if (lines[i].AsSpan().Trim().Length == 0)
                continue;
            isClean[i] = inSecret = (isMore && inSecret) || IsSecret(name);
            if (inSecret)
                lines[i] = isMore && !IsSecret(name) ? $"    {Redaction.Mark}" : Secret(lines[i], name, value);
        }

        // What looks like no option of ours may still say a secret: two options on a line, a key pasted into the file.
        SecretText.Clean(lines, isClean);
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

    /// <summary>What a line says: more of the value above, or a name and a value with or without a sign between them.</summary>
    private static (bool IsMore, string Name, string Value) Look(string line)
    {
        var plain = line.AsSpan().TrimEnd();
        var isMore = plain.Length > 0 && char.IsWhiteSpace(line[0]);
        var said = plain.TrimStart(" \t#;");
        var length = said.IndexOfAnyExcept(SecretNames.Characters);
        return length <= 0 ? (isMore, "", "") : (isMore, said[..length].ToString(), said[length..].TrimStart(" \t=:").ToString());
    }

    private static string Secret(string line, string name, string value)
    {
        var before = line[..(line.IndexOf(name, StringComparison.Ordinal) + name.Length)];
        return value.Length == 0 ? $"{before} =" : $"{before} = {(SecretNames.IsSecretUrl(name) ? SecretUrl.Clean(value) : Redaction.Mark)}";
    }
}
