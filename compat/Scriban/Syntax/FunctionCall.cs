using Scriban.Parsing;
using Scriban.Runtime;

namespace Scriban.Syntax;

internal sealed class FunctionCall(SourceRange range, PathExpression target, IReadOnlyList<Expression> arguments) : Expression(range)
{
    /// <summary>The call with the value of a pipe as its first argument.</summary>
    public FunctionCall WithPiped(Expression first) => new(first.Range.To(Range), target, [first, .. arguments]);

    public override object? Evaluate(TemplateContext context)
    {
        // The target is asked for first, so that a misspelt name is reported as a function and not as a variable.
        var value = ResolveTarget(context);
        if (value is null) return null;
        if (value is not NativeFunction function)
            throw new ScriptRuntimeException(target.Span, $"Invalid target function `{target}`: it is a value, not a function");

        var values = new object?[arguments.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = arguments[i].Evaluate(context);
        return Invoke(context, target, function, values);
    }

    private object? ResolveTarget(TemplateContext context)
    {
        var value = target is Variable variable
            ? variable.Find(context)
            : target.Resolve(context);
        if (value is not null || context.EnableRelaxedFunctionAccess) return value;
        throw new ScriptRuntimeException(target.Span, $"The function `{target}` was not found");
    }

    public static object? Invoke(TemplateContext context, Expression caller, NativeFunction function, object?[] values)
    {
        if (values.Length < function.Required || values.Length > function.Maximum)
        {
            var expected = values.Length < function.Required ? function.Required : function.Maximum;
            throw caller.Error($"Invalid number of arguments `{values.Length}` passed to `{caller}` while expecting `{expected}` arguments");
        }

        context.EnterRecursive(caller);
        try
        {
            return function.Body(new Arguments(context, caller, values));
        }
        catch (Exception cause) when (cause is not ScriptRuntimeException)
        {
            throw caller.Error(cause.Message, cause);
        }
        finally
        {
            context.ExitRecursive();
        }
    }
}
