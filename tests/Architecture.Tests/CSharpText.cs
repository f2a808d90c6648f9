namespace Cloudlet.Architecture.Tests;

/// <summary>
/// The parts of C# code that people read, at their places: a text as long as the code, in which all other characters are hidden. So a
/// position in it is a position in the code.
/// </summary>
internal sealed class CSharpText
{
    /// <summary>Stands for code: neither white space nor part of a word.</summary>
    private const char Hidden = '\u0001';

    private readonly string _code;
    private readonly char[] _literals;
    private readonly char[] _comments;

    private CSharpText(string code)
    {
        _code = code;
        _literals = [.. code.Select(static c => c == '\n' ? c : Hidden)];
        _comments = [.. _literals];
        SkipCode(0, isHole: false);
        Join(_literals, "\"$@+ \t\r\n");
        Join(_comments, "/* \t\r\n");
    }

    /// <summary>String literals; pieces that are joined with + are one text.</summary>
    public string Literals => new(_literals);

    /// <summary>Comments; those that follow each other are one text.</summary>
    public string Comments => new(_comments);

    /// <summary>Reads code.</summary>
    public static CSharpText Of(string code) => new(code);

    private char At(int i) => i < _code.Length ? _code[i] : '\n';

    /// <summary>Reads from <paramref name="i"/> to the end, or to the brace that closes a hole of an interpolated string.</summary>
    private int SkipCode(int i, bool isHole)
    {
        var depth = 0;
        while (i < _code.Length)
        {
            switch (_code[i])
            {
                case '}' when isHole && depth == 0:
                    return i + 1;
                case '{':
                    depth++;
                    i++;
                    break;
                case '}':
                    depth--;
                    i++;
                    break;
                case '/' when At(i + 1) == '/':
                    i = Show(_comments, i, EndOf("\n", i));
                    break;
                case '/' when At(i + 1) == '*':
                    i = Show(_comments, i, EndOf("*/", i));
                    break;
                case '\'':
                    i = EndOfCharacter(i);
                    break;
                case '#' when IsFirstOfLine(i):
                    i = EndOf("\n", i);
                    break;
                case '"' or '$' or '@' when QuoteAfterPrefix(i) is var quote && At(quote) == '"':
                    i = ReadLiteral(i, quote);
                    break;
                default:
                    i++;
                    break;
            }
        }

        return i;
    }

    private int ReadLiteral(int start, int quote)
    {
        var prefix = _code[start..quote];
        var quotes = 1;
        while (At(quote + quotes) == '"')
            quotes++;
        if (quotes >= 3 && !prefix.Contains('@', StringComparison.Ordinal))
        {
            var end = EndOf(new string('"', quotes), quote + quotes);
            Show(_literals, quote + quotes, end - quotes);
            return end;
        }

        return ReadQuoted(quote + 1, prefix.Contains('@', StringComparison.Ordinal), prefix.Contains('$', StringComparison.Ordinal));
    }

    private int ReadQuoted(int i, bool isVerbatim, bool hasHoles)
    {
        while (i < _code.Length)
        {
            var c = _code[i];
            if (c == '"' && !(isVerbatim && At(i + 1) == '"'))
                return i + 1;
            if (c == '"' || (c == '\\' && !isVerbatim) || (c == '{' && hasHoles && At(i + 1) == '{'))
            {
                _literals[i] = _literals[i + 1] = ' ';
                i += 2;
            }
            else if (c == '{' && hasHoles)
            {
                i = SkipCode(i + 1, isHole: true);
            }
            else
            {
                i = Show(_literals, i, i + 1);
            }
        }

        return i;
    }

    /// <summary>Behind a character literal; a quote that begins none is skipped.</summary>
    private int EndOfCharacter(int i)
    {
        if (At(i + 1) == '\\')
            return EndOf("'", i + 3);
        return At(i + 2) == '\'' ? i + 3 : i + 1;
    }

    private int QuoteAfterPrefix(int i)
    {
        while (At(i) is '$' or '@')
            i++;
        return i;
    }

    private bool IsFirstOfLine(int i) => _code.AsSpan(0, i).TrimEnd(" \t") is var before && (before.IsEmpty || before[^1] == '\n');

    private int EndOf(string end, int from) =>
        from < _code.Length && _code.IndexOf(end, from, StringComparison.Ordinal) is >= 0 and var found ? found + end.Length : _code.Length;

    private int Show(char[] target, int from, int to)
    {
        _code.CopyTo(from, target, from, to - from);
        return to;
    }

    /// <summary>What is between two pieces of one text becomes white space.</summary>
    private void Join(char[] target, string between)
    {
        for (var i = 0; i < target.Length; )
        {
            var end = i;
            while (end < target.Length && target[end] is Hidden or '\n')
                end++;
            if (end == i)
            {
                i++;
                continue;
            }

            if (!_code.AsSpan(i, end - i).ContainsAnyExcept(between.AsSpan()))
                for (var j = i; j < end; j++)
                    target[j] = target[j] == '\n' ? '\n' : ' ';
            i = end;
        }
    }
}
