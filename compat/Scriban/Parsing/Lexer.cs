namespace Scriban.Parsing;

/// <summary>
/// Splits a template into raw text and the tokens of its code blocks. Whitespace control happens here: what <c>{{-</c>, <c>-}}</c>,
/// <c>{{~</c> and <c>~}}</c> strip never becomes a token. Stops at the first error, which it adds to the messages.
/// </summary>
internal sealed partial class Lexer
{
    private readonly SourceText _source;
    private readonly string _text;
    private readonly LogMessageBag _messages;
    private readonly List<Token> _tokens = [];
    private int _position;
    private int _openBraces;

    private Lexer(SourceText source, LogMessageBag messages)
    {
        _source = source;
        _text = source.Text;
        _messages = messages;
    }

    /// <summary>The tokens of <paramref name="source"/>; the last one is <see cref="TokenKind.Eof"/>, placed at the error if there was one.</summary>
    public static List<Token> Tokenize(SourceText source, LogMessageBag messages)
    {
        var lexer = new Lexer(source, messages);
        lexer.ReadTemplate();
        lexer.Add(TokenKind.Eof, lexer._position);
        return lexer._tokens;
    }

    private char Current => CharAt(_position);

    private char CharAt(int offset) => offset < _text.Length ? _text[offset] : '\0';

    private void ReadTemplate()
    {
        while (_position < _text.Length)
        {
            var enter = FindEnter(_position, out var percents);
            ReadText(enter, enter + percents + 2);
            if (_position >= _text.Length) return;
            if (percents > 0)
                ReadEscapeBlock(percents);
            else if (!ReadCodeBlock())
                return;
        }
    }

    /// <summary>Offset of the next <c>{{</c> or <c>{%{</c>, or the length of the text.</summary>
    private int FindEnter(int from, out int percents)
    {
        for (var start = _text.IndexOf('{', from); start >= 0; start = _text.IndexOf('{', start + 1))
        {
            var end = start + 1;
            while (CharAt(end) == '%') end++;
            if (CharAt(end) != '{') continue;
            percents = end - start - 1;
            return start;
        }

        percents = 0;
        return _text.Length;
    }

    private void ReadText(int end, int afterEnter)
    {
        var trimmed = CharAt(afterEnter) switch
        {
            '-' => TrimEnd(end, keepLines: false),
            '~' => TrimEnd(end, keepLines: true),
            _ => end,
        };
        if (trimmed > _position)
            AddRaw(_position, trimmed);
        _position = end;
    }

    private int TrimEnd(int end, bool keepLines)
    {
        while (end > _position && char.IsWhiteSpace(_text[end - 1]) && !(keepLines && _source.IsLineEnd(end - 1)))
            end--;
        return end;
    }

    private void ReadEscapeBlock(int percents)
    {
        var enter = _position;
        _position += percents + 2;
        if (Current is '-' or '~') _position++;
        Add(TokenKind.EscapeEnter, enter);

        var closing = "}" + new string('%', percents) + "}";
        var exit = _text.IndexOf(closing, _position, StringComparison.Ordinal);
        if (exit < 0)
        {
            AddRaw(_position, _text.Length);
            _position = _text.Length;
            return;
        }

        var strip = exit > _position && _text[exit - 1] is '-' or '~' ? _text[exit - 1] : '\0';
        var contentEnd = strip == '\0' ? exit : exit - 1;
        if (contentEnd > _position)
            AddRaw(_position, contentEnd);
        _position = exit + closing.Length;
        Add(TokenKind.EscapeExit, contentEnd);
        StripAfter(strip);
    }

    private bool ReadCodeBlock()
    {
        var enter = _position;
        var indent = IndentBefore();
        _position += 2;
        if (Current is '-' or '~') _position++;
        Add(TokenKind.CodeEnter, enter, indent);
        _openBraces = 0;
        while (_position < _text.Length)
        {
            if (_openBraces == 0 && TryReadCodeExit()) return true;
            if (!ReadCodeToken()) return false;
        }

        return true;
    }

    private bool IsCodeExit(out char strip)
    {
        strip = Current is '-' or '~' ? Current : '\0';
        var brace = strip == '\0' ? _position : _position + 1;
        return CharAt(brace) == '}' && CharAt(brace + 1) == '}';
    }

    private bool TryReadCodeExit()
    {
        if (!IsCodeExit(out var strip)) return false;
        var start = _position;
        _position += strip == '\0' ? 2 : 3;
        Add(TokenKind.CodeExit, start);
        StripAfter(strip);
        return true;
    }

    private void StripAfter(char strip)
    {
        if (strip == '\0') return;
        while (char.IsWhiteSpace(Current))
        {
            _position++;
            if (strip == '~' && _text[_position - 1] == '\n') return;
        }
    }

    /// <summary>
    /// The whitespace between the start of the line and the block that begins here; null where other text or a block precedes it, or
    /// where the whitespace was stripped together with its line.
    /// </summary>
    private string? IndentBefore()
    {
        if (_tokens.Count == 0 || _tokens[^1].Kind != TokenKind.Raw) return null;
        var end = _tokens[^1].Range.End;
        var start = end;
        while (start > 0 && _text[start - 1] != '\n')
        {
            if (!char.IsWhiteSpace(_text[start - 1])) return null;
            start--;
        }

        return _text[start..end];
    }

    private void AddRaw(int start, int end) => _tokens.Add(new Token(TokenKind.Raw, new SourceRange(_source, start, end), _text[start..end]));

    private void Add(TokenKind kind, int start, string? text = null) =>
        _tokens.Add(new Token(kind, new SourceRange(_source, start, _position), text));

    private bool Fail(int offset, string message)
    {
        _position = offset;
        var span = new SourceRange(_source, offset, offset + 1).Span;
        _messages.Add(new LogMessage(ParserMessageType.Error, span, message));
        return false;
    }
}
