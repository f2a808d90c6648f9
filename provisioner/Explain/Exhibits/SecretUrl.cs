using System.Buffers;
using System.Text;

namespace Cloudlet.Explain.Exhibits;

/// <summary>URLs with a user part: <c>rabbit://nova:s3cret@10.0.0.1:5672/</c>. The host is kept, the user part is not.</summary>
internal static class SecretUrl
{
    private const string Start = "://";

    private static readonly SearchValues<char> SchemeCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789+-.");

    private static readonly SearchValues<char> Spaces = SearchValues.Create(" \t\r\v\f");

    private static readonly SearchValues<char> HostCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-:[]"
    );

    /// <summary>
    /// A value that is a URL: its scheme, and its host if that is unambiguous. A password may contain any character, so only what follows
    /// the last <c>@</c> can be a host.
    /// </summary>
    public static string Clean(ReadOnlySpan<char> value)
    {
        var start = value.IndexOf(Start);
        var at = value.LastIndexOf('@');
        if (start <= 0 || at < start || value[..start].ContainsAnyExcept(SchemeCharacters))
            return Redaction.Mark;
        var place = value[(at + 1)..];
        var query = place.IndexOf('?');
        var plain = query < 0 ? place : place[..query];
        return IsPlace(plain)
            ? $"{value[..start]}{Start}{Redaction.Mark}@{plain}{(query < 0 ? "" : $"?{Redaction.Mark}")}"
            : $"{value[..start]}{Start}{Redaction.Mark}";
    }

    /// <summary>
    /// Possible secrets in it: the password before the last <c>@</c>, and that of each place in case it names several.
    /// </summary>
    public static IEnumerable<string> SecretsOf(string value)
    {
        var start = value.IndexOf(Start, StringComparison.Ordinal);
        if (start < 0)
            yield break;
        var places = value[(start + Start.Length)..];
        foreach (var place in (string[])[places, .. places.Split(',')])
        {
            var at = place.LastIndexOf('@');
            if (at < 0)
                continue;
            var user = place[..at];
            yield return user[(user.IndexOf(':', StringComparison.Ordinal) + 1)..];
        }
    }

    /// <summary>All URLs of a line, each up to the next space.</summary>
    public static string CleanAll(string line)
    {
        StringBuilder? clean = null;
        var done = 0;
        for (var from = 0; (from = line.IndexOf(Start, from, StringComparison.Ordinal)) >= 0; )
        {
            var first = from + Start.Length;
            var length = line.AsSpan(first).IndexOfAny(Spaces);
            var url = length < 0 ? line.AsSpan(first) : line.AsSpan(first, length);
            var at = url.LastIndexOf('@');
            if (at >= 0)
            {
                (clean ??= new StringBuilder(line.Length)).Append(line, done, first - done).Append(Redaction.Mark);
                done = first + at;
            }

            from = first + url.Length;
        }

        return clean is null ? line : clean.Append(line, done, line.Length - done).ToString();
    }

    /// <summary>HOST, HOST:PORT, [ADDRESS]:PORT, each with a path of plain words behind it.</summary>
    private static bool IsPlace(ReadOnlySpan<char> place)
    {
        var slash = place.IndexOf('/');
        var path = slash < 0 ? [] : place[(slash + 1)..];
        var host = slash < 0 ? place : place[..slash];
        return !host.IsEmpty && !host.ContainsAnyExcept(HostCharacters) && !path.ContainsAnyExcept(SecretNames.Characters);
    }
}
