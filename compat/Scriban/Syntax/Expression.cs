using Scriban.Parsing;
using Scriban.Runtime;

namespace Scriban.Syntax;

internal abstract class Expression(SourceRange range)
{
    public SourceRange Range { get; } = range;

    public SourceSpan Span => Range.Span;

    public abstract object? Evaluate(TemplateContext context);

    public ScriptRuntimeException Error(string message, Exception? cause = null) => new(Span, message, cause);

    /// <summary>The expression as the template spells it.</summary>
    public override string ToString() => Range.Text;
}

internal sealed class Literal(SourceRange range, object? value) : Expression(range)
{
    public override object? Evaluate(TemplateContext context) => value;
}

internal sealed class Nested(SourceRange range, Expression inner) : Expression(range)
{
    public override object? Evaluate(TemplateContext context) => inner.Evaluate(context);
}

internal sealed class ArrayLiteral(SourceRange range, IReadOnlyList<Expression> items) : Expression(range)
{
    public override object? Evaluate(TemplateContext context)
    {
        var array = new ScriptArray(items.Count);
        foreach (var item in items)
            array.Add(item.Evaluate(context));
        return array;
    }
}

internal sealed class ObjectLiteral(SourceRange range, IReadOnlyList<(string Name, Expression Value)> members) : Expression(range)
{
    public override object? Evaluate(TemplateContext context)
    {
        var result = new ScriptObject(members.Count);
        foreach (var (name, value) in members)
            result[name] = value.Evaluate(context);
        return result;
    }
}

internal sealed class Conditional(Expression condition, Expression whenTrue, Expression whenFalse)
    : Expression(condition.Range.To(whenFalse.Range))
{
    public override object? Evaluate(TemplateContext context) =>
        (Values.IsTrue(condition.Evaluate(context)) ? whenTrue : whenFalse).Evaluate(context);
}

internal sealed class Unary(SourceRange range, string operation, Expression operand) : Expression(range)
{
    public override object? Evaluate(TemplateContext context)
    {
        var value = operand.Evaluate(context);
        if (operation == "!") return !Values.IsTrue(value);
        if (value is null) return null;
        if (!Values.TryNormalizeNumber(value, out var number))
            throw Error($"Unexpected {Values.KindOf(value)}. Cannot negate(-)/positive(+) a non-numeric value");
        return operation == "+" ? number : Operators.Evaluate(this, "-", 0, number);
    }
}

/// <summary>A function itself (<c>@name</c>) instead of the result of calling it.</summary>
internal sealed class Alias(SourceRange range, PathExpression path) : Expression(range)
{
    public override object? Evaluate(TemplateContext context) => path.Resolve(context);
}

internal sealed class Binary(Expression left, string operation, SourceRange operatorRange, Expression right)
    : Expression(left.Range.To(right.Range))
{
    public Expression Left => left;

    public Binary WithLeft(Expression newLeft) => new(newLeft, operation, operatorRange, right);

    public override object? Evaluate(TemplateContext context)
    {
        var leftValue = left.Evaluate(context);
        switch (operation)
        {
            case "&&":
                return Values.IsTrue(leftValue) && Values.IsTrue(right.Evaluate(context));
            case "||":
                return Values.IsTrue(leftValue) || Values.IsTrue(right.Evaluate(context));
            case "??":
                return leftValue ?? right.Evaluate(context);
            default:
                return Operators.Evaluate(this, operation, leftValue, right.Evaluate(context));
        }
    }
}
