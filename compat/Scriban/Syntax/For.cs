using System.Collections;
using Scriban.Parsing;
using Scriban.Runtime;

namespace Scriban.Syntax;

internal sealed class For(SourceRange range, PathExpression variable, Expression list, Block body, Block? otherwise) : Statement
{
    public override void Execute(TemplateContext context)
    {
        var value = list.Evaluate(context);
        if (value is null) return;
        if (value is not IEnumerable items)
            throw list.Error($"Unexpected type `{value.GetType()}` for iterator");

        var entered = false;
        var scope = context.EnterLoop();
        try
        {
            entered = Iterate(context, scope, items);
        }
        catch (Exception cause) when (cause is not ScriptRuntimeException)
        {
            throw list.Error(cause.Message, cause); // the list failed, for instance because the body changed it
        }
        finally
        {
            context.ExitLoop();
        }

        if (!entered) otherwise?.Execute(context);
    }

    private bool Iterate(TemplateContext context, ScriptObject scope, IEnumerable items)
    {
        var iterator = items is IDictionary and not IScriptObject ? ((IDictionary)items).GetEnumerator() : items.GetEnumerator();
        using var disposal = iterator as IDisposable;
        if (!iterator.MoveNext()) return false;

        var state = new LoopState(items);
        scope["for"] = state;
        for (var more = true; more;)
        {
            context.CheckAbort(range);
            if (context.LoopLimit != 0 && state.Index >= context.LoopLimit)
                throw new ScriptRuntimeException(range.Span, $"Exceeding number of iteration limit `{context.LoopLimit}` for loop statement.");

            SetVariable(context, scope, iterator.Current);
            state.Value = iterator.Current;
            more = iterator.MoveNext();
            state.IsLast = !more;
            body.Execute(context);

            var broken = context.Flow == FlowState.Break;
            context.Flow = FlowState.None;
            if (broken) break;
            state.Index++;
        }

        return true;
    }

    private void SetVariable(TemplateContext context, ScriptObject scope, object? value)
    {
        // A plain variable lives as long as its loop; a local one or a member stays.
        if (variable is Variable { Name: var name } && name[0] != '$')
            scope[name] = value;
        else
            variable.Assign(context, value);
    }
}
