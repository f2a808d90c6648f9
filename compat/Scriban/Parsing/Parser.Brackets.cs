using Scriban.Syntax;

namespace Scriban.Parsing;

internal sealed partial class Parser
{
    private Expression ParseBracketed(Token token) => token.Text switch
    {
        "(" when token.Kind == TokenKind.Symbol => ParseNested(),
        "[" when token.Kind == TokenKind.Symbol => ParseArray(),
        "{" when token.Kind == TokenKind.Symbol => ParseObject(),
        _ => throw new SyntaxError(token.Range, $"Unexpected token `{token.Display}` while parsing expression"),
    };

    private Nested ParseNested()
    {
        var open = Next().Range;
        var stopAtOr = _stopAtOr;
        _stopAtOr = false;
        var inner = ParseExpression();
        _stopAtOr = stopAtOr;
        if (!Current.Is(")"))
            throw new SyntaxError(Current.Range, $"Invalid token `{Current.Display}`. Expecting a closing `)`.");
        var range = open.To(Current.Range);
        Next();
        return new Nested(range, inner);
    }

    private ArrayLiteral ParseArray()
    {
        var open = Current.Range;
        _lineBreaksAllowed++;
        Next();
        var items = ParseList("]");
        return new ArrayLiteral(open.To(Previous.Range), items);
    }

    /// <summary>Expressions separated by commas, up to and including <paramref name="closing"/>; a comma may follow the last one.</summary>
    private List<Expression> ParseList(string closing)
    {
        var items = new List<Expression>();
        while (!Current.Is(closing))
        {
            items.Add(ParseExpression());
            if (!Accept(",")) break;
        }

        Close(closing);
        return items;
    }

    private ObjectLiteral ParseObject()
    {
        var open = Current.Range;
        _lineBreaksAllowed++;
        Next();
        var members = new List<(string, Expression)>();
        while (!Current.Is("}"))
        {
            var name = Next();
            if (name.Kind is not (TokenKind.Identifier or TokenKind.String))
            {
                throw new SyntaxError(
                    name.Range,
                    $"Unexpected token `{name.Display}` while parsing object initializer. Expecting a simple identifier for the member name.");
            }

            Expect(":");
            members.Add((name.Text!, ParseExpression()));
            if (!Accept(",")) break;
        }

        Close("}");
        return new ObjectLiteral(open.To(Previous.Range), members);
    }

    // A line break behind the closing bracket ends the statement again, so the level goes down before it is read.
    private void Close(string closing)
    {
        if (closing != ")") _lineBreaksAllowed--;
        Expect(closing);
    }
}
