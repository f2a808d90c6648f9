using System.Buffers;

namespace Cloudlet.Resources.Schemas;

/// <summary>A migration of Alembic.</summary>
/// <param name="Id">Its revision.</param>
/// <param name="Before">The revisions that it follows, in its own branch and in others.</param>
internal sealed record AlembicRevision(string Id, IReadOnlyList<string> Before)
{
    private static readonly SearchValues<char> Ends = SearchValues.Create("\n)]");

    /// <summary>
    /// Reads the assignments at the beginning of a migration, a text or a tuple of texts each. Null: the file is not a migration.
    /// </summary>
    public static AlembicRevision? Parse(string python) =>
        TextsOf(python, "revision") is [var id] ? new(id, [.. TextsOf(python, "down_revision"), .. TextsOf(python, "depends_on")]) : null;

    /// <summary>The texts that are assigned to a name at the outermost level; none for None.</summary>
    private static List<string> TextsOf(string python, string name)
    {
        for (var line = 0; line >= 0 && line < python.Length; line = Next(python, line))
        {
            var rest = python.AsSpan(line);
            if (rest.StartsWith("def ") || rest.StartsWith("class "))
                break;
            if (!rest.StartsWith(name) || rest.Length == name.Length || !(rest[name.Length] is ' ' or ':' or '='))
                continue;
            var end = rest.IndexOf('\n') is var found && found < 0 ? rest.Length : found;
            if (rest[..end].IndexOf('=') is var equals and >= 0)
                return TextsIn(rest[(equals + 1)..]);
        }

        return [];
    }

    /// <summary>The texts of a value: up to the end of its line, or to the bracket that closes it.</summary>
    private static List<string> TextsIn(ReadOnlySpan<char> value)
    {
        var texts = new List<string>();
        var isOpen = false;
        while (!value.IsEmpty)
        {
            var next = value[0];
            if (next is '\'' or '"')
            {
                var close = value[1..].IndexOf(next);
                if (close < 0)
                    break;
                texts.Add(value.Slice(1, close).ToString());
                value = value[(close + 2)..];
                continue;
            }

            if (next == '#')
            {
                value = value.IndexOf('\n') is var end and >= 0 ? value[end..] : [];
                continue;
            }

            isOpen |= next is '(' or '[';
            if (Ends.Contains(next) && (next != '\n' || !isOpen))
                break;
            value = value[1..];
        }

        return texts;
    }

    private static int Next(string text, int at) => text.IndexOf('\n', at) is var end and >= 0 ? end + 1 : -1;
}
