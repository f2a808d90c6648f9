using Scriban.Syntax;

namespace Scriban.Parsing;

/// <summary>
/// Builds the syntax tree. A statement with an error is skipped up to its end, so that one run reports the errors of several statements.
/// </summary>
internal sealed partial class Parser
{
    // Bounds the stack that parsing and rendering need.
    private const int DepthLimit = 250;

    private readonly List<Token> _tokens;
    private readonly LogMessageBag _messages;
    private readonly bool _truncated;
    private int _index;
    private int _depth;
    private int _lineBreaksAllowed;
    private bool _stopAtOr;

    private Parser(List<Token> tokens, bool truncated, LogMessageBag messages)
    {
        _tokens = tokens;
        _truncated = truncated;
        _messages = messages;
    }

    /// <summary>The statements of the template; of no use where messages were added.</summary>
    public static Block Parse(SourceText source, LogMessageBag messages)
    {
        var lexerMessages = new LogMessageBag();
        var tokens = Lexer.Tokenize(source, lexerMessages);
        var page = new Parser(tokens, lexerMessages.HasErrors, messages).ParsePage();
        messages.AddRange(lexerMessages);
        return page;
    }

    private Token Current => _tokens[_index];

    private Token Previous => _tokens[Math.Max(0, _index - 1)];

    private Token Peek => _tokens[Math.Min(_index + 1, _tokens.Count - 1)];

    private Token Next()
    {
        var token = Current;
        if (token.Kind != TokenKind.Eof) _index++;
        if (_lineBreaksAllowed > 0) SkipLineBreaks();
        return token;
    }

    private void SkipLineBreaks()
    {
        while (Current.Kind == TokenKind.NewLine) _index++;
    }

    private bool Accept(string symbol)
    {
        if (!Current.Is(symbol)) return false;
        Next();
        return true;
    }

    private void Expect(string symbol)
    {
        if (!Accept(symbol))
            throw new SyntaxError(Current.Range, $"Unexpected token found `{Current.Display}` while expecting `{symbol}`.");
    }

    private bool IsKeyword(string keyword) => Current.Kind == TokenKind.Identifier && Current.Text == keyword;

    private void ExpectEndOfStatement()
    {
        if (!Current.IsEndOfStatement)
            throw new SyntaxError(Current.Range, $"Invalid token found `{Current.Display}`. Expecting <EOL>/end of line.");
        if (Current.Kind == TokenKind.NewLine || Current.Is(";")) Next();
    }

    /// <summary>Runs a part of the grammar; after an error in it, logs it and continues behind the statement.</summary>
    private T? Recover<T>(Func<T> parse)
        where T : class
    {
        var depth = _depth;
        try
        {
            return parse();
        }
        catch (SyntaxError error)
        {
            Log(error);
            _depth = depth;
            _lineBreaksAllowed = 0;
            _stopAtOr = false;
            if (error.IsFatal) _index = _tokens.Count - 1;
            while (!Current.IsEndOfStatement) _index++;
            return null;
        }
    }

    private void Log(SyntaxError error)
    {
        // What is missing behind an error of the lexer is that error's consequence.
        if (_truncated && error.Range.Start >= _tokens[^1].Range.Start) return;
        _messages.Add(new LogMessage(ParserMessageType.Error, error.Range.Span, error.Message));
    }

    private void Enter()
    {
        if (++_depth > DepthLimit)
        {
            throw new SyntaxError(
                Previous.Range, $"The statement depth limit `{DepthLimit}` was reached when parsing this statement", isFatal: true);
        }
    }

    private void Leave() => _depth--;

#pragma warning disable CA1032 // private control flow of the parser, always with a range
    private sealed class SyntaxError(SourceRange range, string message, bool isFatal = false) : Exception(message)
    {
        public SourceRange Range => range;

        public bool IsFatal => isFatal;
    }
#pragma warning restore CA1032
}
