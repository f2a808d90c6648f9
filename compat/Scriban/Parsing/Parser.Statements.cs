using Scriban.Syntax;

namespace Scriban.Parsing;

internal sealed partial class Parser
{
    private static readonly string[] Unsupported = ["while", "func", "with", "wrap", "import", "readonly", "ret", "tablerow"];

    private Block ParsePage()
    {
        var statements = new List<Statement>();
        while (Current.Kind != TokenKind.Eof)
        {
            ParseStatementsInto(statements);
            if (Current.Kind == TokenKind.Eof) break;
            Recover<Statement>(() => throw UnexpectedTerminator());
        }

        return new Block(statements);
    }

    private SyntaxError UnexpectedTerminator()
    {
        var token = Next();
        return new SyntaxError(token.Range, token.Text switch
        {
            "else" => "A else condition must be preceded by another if/else/when condition",
            "when" => "A when condition must be preceded by a case",
            _ => "Unexpected `end`: there is no statement open that it could end",
        });
    }

    private bool IsTerminator => IsKeyword("end") || IsKeyword("else") || IsKeyword("when");

    /// <summary>Parses statements up to <c>end</c>, <c>else</c>, <c>when</c> or the end of the template.</summary>
    private void ParseStatementsInto(List<Statement> statements)
    {
        while (Current.Kind != TokenKind.Eof && !IsTerminator)
        {
            if (Recover(ParseStatement) is { } statement)
                statements.Add(statement);
        }
    }

    private Block ParseBody()
    {
        Enter();
        var statements = new List<Statement>();
        ParseStatementsInto(statements);
        Leave();
        return new Block(statements);
    }

    private Statement ParseStatement()
    {
        while (Current.Kind == TokenKind.NewLine || Current.Is(";")) Next();
        switch (Current.Kind)
        {
            case TokenKind.Raw:
                return new Raw(Next().Text!);
            case TokenKind.CodeEnter or TokenKind.EscapeEnter:
                return new BlockBorder(entering: true, Next().Text);
            case TokenKind.CodeExit or TokenKind.EscapeExit:
                Next();
                return new BlockBorder(entering: false, indent: null);
            case TokenKind.Eof:
                return new Block([]);
            case TokenKind.Identifier:
                return ParseKeywordOrExpression();
            default:
                return ParseExpressionStatement();
        }
    }

    private Statement ParseKeywordOrExpression()
    {
        switch (Current.Text)
        {
            case "if":
                return ParseIf();
            case "for" when !Peek.Is("."):
                return ParseFor();
            case "case":
                return ParseCase();
            case "capture":
                return ParseCapture();
            case "break":
                return ParseJump(FlowState.Break);
            case "continue":
                return ParseJump(FlowState.Continue);
            case "end" or "else" or "when":
                return new Block([]); // the caller sees it next
            default:
                if (Unsupported.Contains(Current.Text, StringComparer.Ordinal))
                    throw new SyntaxError(Current.Range, $"The statement `{Current.Text}` is not supported by this subset of Scriban");
                return ParseExpressionStatement();
        }
    }

    private Statement ParseExpressionStatement()
    {
        if (!IsStartOfExpression)
            throw new SyntaxError(Current.Range, $"Unexpected token {Current.Display}");
        var expression = ParseExpression();
        Statement statement = new Output(expression);
        if (Current.Is("="))
        {
            var target = expression as PathExpression ?? throw new SyntaxError(
                expression.Range.To(Current.Range), "Expression is only allowed for a top level assignment");
            Next();
            statement = new Assign(target, ParseExpression());
        }

        ExpectEndOfStatement();
        return statement;
    }

    private Jump ParseJump(FlowState flow)
    {
        var keyword = Next();
        ExpectEndOfStatement();
        return new Jump(keyword.Range, flow);
    }

    private If ParseIf()
    {
        var branches = new List<(Expression, Block)>();
        Block? otherwise = null;
        do
        {
            Next(); // if
            var condition = ParseHeader(() => ParseExpression("if statement", "if <expression> ... end|else|else if"));
            branches.Add((condition, ParseBody()));
        }
        while (otherwise is null && AcceptElse(out otherwise));

        ExpectEnd();
        return new If(branches, otherwise);
    }

    /// <summary>Whether <c>else if</c> comes next, which then is left at its <c>if</c>; a plain <c>else</c> is parsed with its body.</summary>
    private bool AcceptElse(out Block? body)
    {
        body = null;
        if (!IsKeyword("else")) return false;
        Next();
        if (IsKeyword("if")) return true;
        Recover<Statement>(() =>
        {
            ExpectEndOfStatement();
            return new Block([]);
        });
        body = ParseBody();
        return false;
    }

    private For ParseFor()
    {
        const string Shape = "for <variable> in <expression> ... end";
        var keyword = Next().Range;
        PathExpression? variable = null;
        var list = ParseHeader(() =>
        {
            variable = ParseVariable("for statement", Shape);
            if (!IsKeyword("in"))
                throw Misplaced(keyword, "for statement", $"Expecting 'in' word instead of `{Current.Display}`", Shape);
            Next();
            return ParseExpression("for statement", Shape);
        });
        var body = ParseBody();
        AcceptElse(out var otherwise);
        ExpectEnd();
        return new For(keyword, variable ?? new Variable(keyword, "for"), list, body, otherwise);
    }

    private Capture ParseCapture()
    {
        Next();
        PathExpression? target = null;
        ParseHeader(() => target = ParseVariable("capture statement", "capture <variable> ... end"));
        var body = ParseBody();
        ExpectEnd();
        return new Capture(target ?? new Variable(Previous.Range, "capture"), body);
    }

    private Case ParseCase()
    {
        Next();
        var subject = ParseHeader(() => ParseExpression("case statement", "case <expression> ... when ... end"));
        SkipUntilWhen();
        var branches = new List<(IReadOnlyList<Expression>, Block)>();
        while (IsKeyword("when"))
        {
            Next();
            var values = new List<Expression>();
            ParseHeader(() => ParseWhenValues(values));
            branches.Add((values, ParseBody()));
        }

        AcceptElse(out var otherwise);
        ExpectEnd();
        return new Case(subject, branches, otherwise);
    }

    // Text between `case` and the first `when` is not rendered.
    private void SkipUntilWhen()
    {
        while (Current.Kind != TokenKind.Eof && !IsTerminator)
        {
            if (Current.Kind is TokenKind.Raw or TokenKind.CodeEnter or TokenKind.CodeExit or TokenKind.NewLine || Current.Is(";"))
            {
                Next();
                continue;
            }

            Recover<Statement>(() => throw new SyntaxError(
                Current.Range,
                $"Unexpected statement/expression `{Current.Display}` in the body of a `case` statement. Only `when`/`else` are expected."));
        }
    }

    private Expression ParseWhenValues(List<Expression> values)
    {
        _stopAtOr = true;
        do
            values.Add(ParseExpression("when statement", "when <expression> ... end|when|else"));
        while (Accept(",") || Accept("||"));
        _stopAtOr = false;
        return values[0];
    }

    /// <summary>Parses what stands between a keyword and the body; after an error in it, the body is parsed all the same.</summary>
    private Expression ParseHeader(Func<Expression> parse) =>
        Recover(() =>
        {
            var header = parse();
            ExpectEndOfStatement();
            return header;
        }) ?? new Literal(Previous.Range, null);

    private void ExpectEnd()
    {
        if (!IsKeyword("end"))
            throw new SyntaxError(Previous.Range, "The <end> statement was not found");
        Next();
        ExpectEndOfStatement();
    }

    private static SyntaxError Misplaced(SourceRange range, string statement, string message, string shape) =>
        new(range, $"Error while parsing {statement}: {message} in: {shape}");
}
