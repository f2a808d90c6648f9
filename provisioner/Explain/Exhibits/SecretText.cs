using System.Text;

namespace Cloudlet.Explain.Exhibits;

/// <summary>Removes secrets from text of any kind: logs, messages, output of programs.</summary>
internal static class SecretText
{
    private const string KeyBegins = "-----BEGIN ";
    private const string KeyEnds = "-----END ";

    /// <summary>How Keystone's tokens begin, in any text.</summary>
    private const string Fernet = "gAAAA";

    private const int ShortestFernet = 32;

    public static string Clean(string text)
    {
        var lines = text.Split('\n');
        Keys(lines);
        return string.Join('\n', lines.Select(Line));
    }

    /// <summary>Removes private keys, line by line.</summary>
    public static void Keys(string[] lines)
    {
        var inKey = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var isKey =
                inKey || (lines[i].Contains(KeyBegins, StringComparison.Ordinal) && lines[i].Contains("PRIVATE", StringComparison.Ordinal));
            inKey = isKey && !lines[i].Contains(KeyEnds, StringComparison.Ordinal);
            if (isKey)
                lines[i] = Redaction.Mark;
        }
    }

    /// <summary>One line without secrets.</summary>
    public static string Line(string line) => Named(SecretUrl.CleanAll(line));

    /// <summary>
    /// Removes what follows the name of a secret: <c>password=…</c>, <c>'token': '…'</c>, <c>X-Auth-Token: …</c>, <c>--os-password …</c>.
    /// </summary>
    private static string Named(string line)
    {
        StringBuilder? clean = null;
        var done = 0;
        for (var at = 0; at < line.Length; )
        {
            var length = line.AsSpan(at).IndexOfAnyExcept(SecretNames.Characters);
            var end = length < 0 ? line.Length : at + length;
            if (Secret(line, at, end) is { } secret)
            {
                (clean ??= new StringBuilder(line.Length)).Append(line, done, secret.Start - done).Append(Redaction.Mark);
                at = done = secret.End;
            }
            else
            {
                at = Math.Max(end, at + 1);
            }
        }

        return clean is null ? line : clean.Append(line, done, line.Length - done).ToString();
    }

    private static (int Start, int End)? Secret(string line, int start, int end)
    {
        var word = line.AsSpan(start, end - start);
        if (word.Length >= ShortestFernet && word.StartsWith(Fernet, StringComparison.Ordinal))
            return (start, end);
        if (!SecretNames.IsSecret(word) && !SecretNames.IsSecretUrl(word))
            return null;
        var value = ValueStart(line, start, end);
        return value < 0 || value >= line.Length ? null : (value, ValueEnd(line, value));
    }

    /// <summary>Start of the value after a name, its quote included; -1 when the name is only a word of a sentence.</summary>
    private static int ValueStart(string line, int start, int end)
    {
        // A name may be quoted, and all of it quoted once more: {\"password\": \"…\"}.
        var closed = end;
        while (closed < line.Length && (line[closed] is '"' or '\'' or '\\'))
            closed++;
        var at = SkipSpaces(line, closed);
        if (at == line.Length)
            return -1;
        var isValue = line[at] switch
        {
            '=' => true,
            ':' => !SecretNames.IsSecretUrl(line.AsSpan(start, end - start)),
            ',' => closed > end, // ('X-Auth-Token', '…')
            '>' => at == end, // <password>…</password>
            _ => false,
        };
        if (isValue)
            return SkipSpaces(line, at + 1);
        return line.AsSpan(start).StartsWith("--", StringComparison.Ordinal) && at > end ? at : -1;
    }

    /// <summary>A quoted value ends with its quote, any other with the line: a password may contain spaces.</summary>
    private static int ValueEnd(string line, int start)
    {
        if (line[start] is not ('"' or '\''))
            return line.Length;
        for (var at = start + 1; at < line.Length; at++)
        {
            if (line[at] == '\\')
                at++;
            else if (line[at] == line[start])
                return at + 1;
        }

        return line.Length;
    }

    private static int SkipSpaces(string line, int at)
    {
        while (at < line.Length && char.IsWhiteSpace(line[at]))
            at++;
        return at;
    }
}
