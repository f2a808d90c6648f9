using System.Globalization;
using Scriban.Runtime;
using Scriban.Syntax;

namespace Scriban.Parsing;

internal sealed partial class Parser
{
    private bool IsStartOfExpression => IsStartOfArgument || Current.Is("-") || Current.Is("+");

    // Behind an operand, a minus or a plus joins instead of starting an argument.
    private bool IsStartOfArgument =>
        Current.Kind is TokenKind.Identifier or TokenKind.LocalIdentifier or TokenKind.Integer or TokenKind.Float or TokenKind.String
        || (Current.Kind == TokenKind.Symbol && Current.Text is "(" or "[" or "{" or "!" or "@");

    private Expression ParseExpression(string statement, string shape) =>
        IsStartOfExpression
            ? ParseExpression()
            : throw Misplaced(Current.Range, statement, $"Expecting <expression> instead of `{Current.Display}`", shape);

    /// <summary>A whole expression: operators, then pipes, then <c>condition ? a : b</c>.</summary>
    private Expression ParseExpression()
    {
        var expression = ParseOperators(0, allowCall: true);
        var pipes = 0;
        for (; Accept("|"); pipes++)
        {
            Enter();
            SkipLineBreaks();
            expression = PipeInto(expression, ParseOperators(0, allowCall: true));
        }

        if (Accept("?"))
        {
            Enter();
            var whenTrue = ParseExpression();
            Expect(":");
            expression = new Conditional(expression, whenTrue, ParseExpression());
            Leave();
        }

        _depth -= pipes;
        return expression;
    }

    private static Expression PipeInto(Expression value, Expression destination) => destination switch
    {
        FunctionCall call => call.WithPiped(value),
        PathExpression path => new FunctionCall(value.Range.To(path.Range), path, [value]),
        // `x | f + 1` is `(x | f) + 1`.
        Binary binary => binary.WithLeft(PipeInto(value, binary.Left)),
        _ => throw new SyntaxError(destination.Range, $"Pipe expression destination `{destination}` is not a valid function"),
    };

    private int BinaryPrecedence()
    {
        if (Current.Kind != TokenKind.Symbol) return 0;
        return Current.Text switch
        {
            "??" => 20,
            "||" => _stopAtOr ? 0 : 30,
            "&&" => 40,
            "==" or "!=" => 70,
            "<" or "<=" or ">" or ">=" => 80,
            "+" or "-" => 100,
            "*" or "/" or "//" or "%" => 110,
            ".." or "..<" => 130,
            _ => 0,
        };
    }

    /// <summary>
    /// Operands joined by the operators that bind tighter than <paramref name="minimum"/>. Inside the arguments of a call without
    /// parentheses a further name is the next argument, not a call (<paramref name="allowCall"/> is false).
    /// </summary>
    private Expression ParseOperators(int minimum, bool allowCall)
    {
        Enter();
        var left = ParseOperand(minimum, allowCall);
        var taken = 0;
        for (var precedence = BinaryPrecedence(); precedence > minimum; precedence = BinaryPrecedence(), taken++)
        {
            Enter();
            var operation = Next();
            if (!IsStartOfExpression)
            {
                throw Misplaced(
                    Current.Range,
                    "binary expression",
                    $"Expecting an <expression> to the right of the operator instead of `{Current.Display}`",
                    "<expression> operator <expression>");
            }

            left = new Binary(left, operation.Text!, operation.Range, ParseOperators(precedence, allowCall));
        }

        _depth -= taken;
        Leave();
        return left;
    }

    private Expression ParseOperand(int minimum, bool allowCall)
    {
        if (Current.Kind == TokenKind.Symbol && Current.Text is "!" or "-" or "+")
            return ParseUnary(allowCall);
        if (Current.Is("@"))
            return ParseAlias();

        var operand = ParsePostfix(ParsePrimary());
        if (!allowCall || operand is not PathExpression target || !IsStartOfArgument)
            return operand;

        var arguments = new List<Expression>();
        while (IsStartOfArgument)
            arguments.Add(ParseOperators(minimum, allowCall: false));
        return new FunctionCall(target.Range.To(Previous.Range), target, arguments);
    }

    private Unary ParseUnary(bool allowCall)
    {
        const int UnaryPrecedence = 200;
        var operation = Next();
        if (!IsStartOfExpression)
        {
            throw Misplaced(
                Current.Range, "unary expression", $"Expecting <expression> instead of `{Current.Display}`", "<operator> <expression>");
        }

        var operand = ParseOperators(UnaryPrecedence, allowCall);
        return new Unary(operation.Range.To(operand.Range), operation.Text!, operand);
    }

    private Alias ParseAlias()
    {
        var start = Next().Range;
        var path = ParseVariable("unary expression", "@ <expression>");
        return new Alias(start.To(path.Range), path);
    }

    private PathExpression ParseVariable(string statement, string shape)
    {
        if (!IsStartOfExpression)
            throw Misplaced(Current.Range, statement, $"Expecting <expression> instead of `{Current.Display}`", shape);
        var expression = ParsePostfix(ParsePrimary());
        return expression as PathExpression
            ?? throw Misplaced(expression.Range, statement, $"Expecting a variable instead of `{expression}`", shape);
    }

    private Expression ParsePrimary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Identifier when token.Text is "true" or "false":
                return new Literal(Next().Range, token.Text == "true");
            case TokenKind.Identifier when token.Text is "null":
                return new Literal(Next().Range, null);
            case TokenKind.Identifier or TokenKind.LocalIdentifier:
                return new Variable(Next().Range, token.Text!);
            case TokenKind.String:
                return new Literal(Next().Range, token.Text);
            case TokenKind.Integer:
                return new Literal(Next().Range, Integer(token));
            case TokenKind.Float:
                return new Literal(Next().Range, double.Parse(token.Text!, CultureInfo.InvariantCulture));
            default:
                return ParseBracketed(token);
        }
    }

    private static object Integer(Token token)
    {
        // 1e3 is an integer too.
        if (decimal.TryParse(token.Text, NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
            && value == decimal.Truncate(value) && value <= long.MaxValue)
        {
            return Values.FitInteger((long)value);
        }

        throw new SyntaxError(token.Range, $"Unable to parse the integer {token.Text}");
    }

    private Expression ParsePostfix(Expression expression)
    {
        while (true)
        {
            if (Current.Is("(") && expression is PathExpression target && !IsAfterWhitespace)
                expression = ParseExplicitCall(target);
            else if (Current.Is(".") || Current.Is("?."))
                expression = ParseMember(expression);
            else if (Current.Is("[") && expression is PathExpression or Literal or FunctionCall && !IsAfterWhitespace)
                expression = ParseIndexer(expression);
            else
                return expression;
        }
    }

    private bool IsAfterWhitespace => Previous.Range.End != Current.Range.Start;

    private Expression ParseMember(Expression target)
    {
        var optional = Next().Is("?.") || target is Member { IsOptional: true };
        var name = Current;
        if (name.Kind != TokenKind.Identifier)
        {
            throw new SyntaxError(
                name.Range, $"Invalid token `{name.Display}`. The dot operator is expected to be followed by a plain identifier");
        }

        Next();
        if (name.Text == "empty" && Accept("?"))
            return new IsEmpty(target.Range.To(Previous.Range), target);
        return new Member(target.Range.To(name.Range), target, name.Text!, optional);
    }

    private Indexer ParseIndexer(Expression target)
    {
        Next();
        if (!IsStartOfExpression)
            throw Misplaced(Current.Range, "indexer expression", $"Expecting <index_expression> instead of `{Current.Display}`", "<expression>[<index_expression>]");
        var index = ParseExpression();
        if (!Current.Is("]"))
            throw new SyntaxError(Current.Range, $"Unexpected `{Current.Display}`. Expecting ']'");
        var range = target.Range.To(Current.Range);
        Next();
        return new Indexer(range, target, index);
    }

    private FunctionCall ParseExplicitCall(PathExpression target)
    {
        Next();
        var arguments = ParseList(")");
        return new FunctionCall(target.Range.To(Previous.Range), target, arguments);
    }
}
