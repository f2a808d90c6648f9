using Scriban.Parsing;
using Scriban.Runtime;

namespace Scriban.Syntax;

internal enum FlowState
{
    None,
    Break,
    Continue,
}

internal abstract class Statement
{
    public abstract void Execute(TemplateContext context);
}

internal sealed class Raw(string text) : Statement
{
    public override void Execute(TemplateContext context) => context.Write(text);
}

internal sealed class Output(Expression expression) : Statement
{
    public override void Execute(TemplateContext context) => context.Write(Values.ToText(expression, expression.Evaluate(context)));
}

internal sealed class Assign(PathExpression target, Expression value) : Statement
{
    public override void Execute(TemplateContext context) => target.Assign(context, value.Evaluate(context));
}

/// <summary>The border of a code block: entering it sets the indentation of what it writes, leaving it restores the one before.</summary>
internal sealed class BlockBorder(bool entering, string? indent) : Statement
{
    public override void Execute(TemplateContext context)
    {
    }

    public string? IndentAfter(string? outer) => entering ? indent : outer;
}

internal sealed class Block(IReadOnlyList<Statement> statements) : Statement
{
    public override void Execute(TemplateContext context)
    {
        var outer = context.CurrentIndent;
        var indent = outer;
        try
        {
            foreach (var statement in statements)
            {
                if (context.AutoIndent && statement is BlockBorder border)
                    indent = border.IndentAfter(outer);
                context.CurrentIndent = indent;
                statement.Execute(context);
                if (context.Flow != FlowState.None) return;
            }
        }
        finally
        {
            context.CurrentIndent = outer;
        }
    }
}

internal sealed class If(IReadOnlyList<(Expression Condition, Block Body)> branches, Block? otherwise) : Statement
{
    public override void Execute(TemplateContext context)
    {
        foreach (var (condition, body) in branches)
        {
            if (!Values.IsTrue(condition.Evaluate(context))) continue;
            body.Execute(context);
            return;
        }

        otherwise?.Execute(context);
    }
}

internal sealed class Case(Expression subject, IReadOnlyList<(IReadOnlyList<Expression> Values, Block Body)> branches, Block? otherwise)
    : Statement
{
    public override void Execute(TemplateContext context)
    {
        var value = subject.Evaluate(context);
        foreach (var (candidates, body) in branches)
        {
            foreach (var candidate in candidates)
            {
                if (!true.Equals(Operators.Evaluate(candidate, "==", value, candidate.Evaluate(context)))) continue;
                body.Execute(context);
                return;
            }
        }

        otherwise?.Execute(context);
    }
}

internal sealed class Capture(PathExpression target, Block body) : Statement
{
    public override void Execute(TemplateContext context)
    {
        context.PushOutput();
        string text;
        try
        {
            body.Execute(context);
        }
        finally
        {
            text = context.PopOutput();
        }

        target.Assign(context, text);
    }
}

/// <summary><c>break</c> or <c>continue</c>.</summary>
internal sealed class Jump(SourceRange range, FlowState flow) : Statement
{
    public override void Execute(TemplateContext context)
    {
        if (!context.IsInLoop)
            throw new ScriptRuntimeException(range.Span, $"The <{range.Text}> statement can only be used inside for/while loops");
        context.Flow = flow;
    }
}
