using System.Text;

namespace Scriban.Parsing;

internal sealed partial class Lexer
{
    // Longest first: the first that matches is the token.
    private static readonly string[] Symbols =
    [
        "..<", "..", "&&", "||", "??", "?.", "==", "!=", "<=", ">=", "//",
        "|", "!", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ",", ":", ".", "?", ";", "@",
    ];

    private bool ReadCodeToken()
    {
        var start = _position;
        var first = Current;
        if (first is '\n' or '\r')
        {
            SkipWhile(char.IsWhiteSpace);
            Add(TokenKind.NewLine, start);
            return true;
        }

        if (char.IsWhiteSpace(first))
        {
            _position++;
            return true;
        }

        return first switch
        {
            '#' => ReadComment(),
            '"' or '\'' => ReadString(first),
            '`' => ReadVerbatimString(),
            '$' => ReadLocalIdentifier(),
            _ when IsFirstLetter(first) => ReadIdentifier(),
            _ when char.IsAsciiDigit(first) => ReadNumber(),
            _ => ReadSymbol(),
        };
    }

    private void SkipWhile(Func<char, bool> condition)
    {
        while (_position < _text.Length && condition(_text[_position])) _position++;
    }

    private bool ReadComment()
    {
        var several = CharAt(_position + 1) == '#';
        _position += several ? 2 : 1;
        while (_position < _text.Length && !(_openBraces == 0 && IsCodeExit(out _)))
        {
            if (several && Current == '#' && CharAt(_position + 1) == '#')
            {
                _position += 2;
                return true;
            }

            if (!several && Current is '\n' or '\r') return true;
            _position++;
        }

        return true;
    }

    private static bool IsFirstLetter(char letter) => letter == '_' || char.IsLetter(letter);

    private static bool IsLetter(char letter) => IsFirstLetter(letter) || char.IsDigit(letter);

    private bool ReadIdentifier()
    {
        var start = _position;
        SkipWhile(IsLetter);
        Add(TokenKind.Identifier, start, _text[start.._position]);
        return true;
    }

    private bool ReadLocalIdentifier()
    {
        var start = _position;
        _position++;
        if (!IsFirstLetter(Current))
            return Fail(start, "Unexpected `$`. Only local variables like `$name` are supported by this subset of Scriban.");
        SkipWhile(IsLetter);
        Add(TokenKind.LocalIdentifier, start, _text[start.._position]);
        return true;
    }

    private bool ReadNumber()
    {
        var start = _position;
        var kind = TokenKind.Integer;
        SkipWhile(char.IsAsciiDigit);
        if (Current == '.' && char.IsAsciiDigit(CharAt(_position + 1)))
        {
            kind = TokenKind.Float;
            _position++;
            SkipWhile(char.IsAsciiDigit);
        }

        if (Current is 'e' or 'E')
        {
            _position++;
            if (Current is '+' or '-') _position++;
            if (!char.IsAsciiDigit(Current))
                return Fail(_position, "Expecting at least one digit after the exponent");
            SkipWhile(char.IsAsciiDigit);
        }

        Add(kind, start, _text[start.._position]);
        return true;
    }

    private bool ReadSymbol()
    {
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(_text, _position, symbol, 0, symbol.Length) != 0) continue;
            if (symbol == "{") _openBraces++;
            if (symbol == "}" && --_openBraces < 0)
                return Fail(_position, "Unexpected } while no matching {");
            var start = _position;
            _position += symbol.Length;
            Add(TokenKind.Symbol, start, symbol);
            return true;
        }

        return Fail(_position, $"Unexpected character `{Current}`");
    }

    private bool ReadVerbatimString()
    {
        var start = _position;
        var value = new StringBuilder();
        _position++;
        while (_position < _text.Length)
        {
            var letter = _text[_position++];
            if (letter == '`')
            {
                if (Current != '`')
                {
                    Add(TokenKind.String, start, value.ToString());
                    return true;
                }

                _position++;
            }

            value.Append(letter);
        }

        return Fail(_text.Length - 1, "Unexpected end of file while parsing a verbatim string not terminated by a `");
    }

    private bool ReadString(char quote)
    {
        var start = _position;
        var value = new StringBuilder();
        _position++;
        while (_position < _text.Length)
        {
            var letter = _text[_position++];
            if (letter == quote)
            {
                Add(TokenKind.String, start, value.ToString());
                return true;
            }

            if (letter != '\\')
                value.Append(letter);
            else if (_position < _text.Length && !ReadEscape(value))
                return false;
        }

        return Fail(_text.Length - 1, $"Unexpected end of file while parsing a string not terminated by a {quote}");
    }

    private bool ReadEscape(StringBuilder value)
    {
        var letter = _text[_position++];
        switch (letter)
        {
            case '\'' or '"' or '\\': value.Append(letter); return true;
            case '0': value.Append('\0'); return true;
            case 'b': value.Append('\b'); return true;
            case 'f': value.Append('\f'); return true;
            case 'n': value.Append('\n'); return true;
            case 'r': value.Append('\r'); return true;
            case 't': value.Append('\t'); return true;
            case 'v': value.Append('\v'); return true;
            case 'u': return ReadHexEscape(value, 4, "Expecting `\\u0000` to `\\uffff`.");
            case 'x': return ReadHexEscape(value, 2, "Expecting `\\x00` to `\\xff`.");

            // A backslash at the end of a line continues the string on the next one.
            case '\n': return true;
            case '\r':
                if (Current == '\n') _position++;
                return true;
            default:
                return Fail(
                    _position - 1,
                    $"Unexpected escape character `{letter}` in string. Only 0 ' \\ \" b f n r t v u0000-uFFFF x00-xFF are allowed");
        }
    }

    private bool ReadHexEscape(StringBuilder value, int digits, string expectation)
    {
        var code = 0;
        for (var i = 0; i < digits; i++, _position++)
        {
            if (!char.IsAsciiHexDigit(Current))
                return Fail(Math.Min(_position, _text.Length - 1), $"Unexpected hex number `{Current}`. {expectation}");
            code = (code * 16) + Convert.ToInt32(Current.ToString(), 16);
        }

        value.Append((char)code);
        return true;
    }
}
