using System.Runtime.InteropServices;

namespace Scriban.Parsing;

internal enum TokenKind
{
    Eof,
    Raw,
    CodeEnter,
    CodeExit,
    EscapeEnter,
    EscapeExit,
    NewLine,
    Identifier,
    LocalIdentifier,
    Integer,
    Float,
    String,
    Symbol,
}

/// <summary>
/// One token. <c>Text</c> is the text to write (raw), the name (identifiers), the decoded value (strings), the digits (numbers),
/// the operator (symbols), or the indentation that precedes the block on its line, if there is nothing else (code enter).
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Token(TokenKind Kind, SourceRange Range, string? Text)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public bool IsEndOfStatement => Kind is TokenKind.NewLine or TokenKind.CodeExit or TokenKind.Eof || Is(";");

    /// <summary>The token as an error message shows it.</summary>
    public string Display => Kind switch
    {
        TokenKind.Eof => "<eof>",
        TokenKind.NewLine => "\\n",
        _ => Range.Text,
    };
}
