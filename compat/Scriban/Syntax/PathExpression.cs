using Scriban.Parsing;
using Scriban.Runtime;

namespace Scriban.Syntax;

/// <summary>What a value can be read from and, where it is not a built-in, assigned to: <c>a</c>, <c>a.b</c>, <c>a[0]</c>.</summary>
internal abstract class PathExpression(SourceRange range) : Expression(range)
{
    /// <summary>The value; a function is returned, not called.</summary>
    public abstract object? Resolve(TemplateContext context);

    public abstract void Assign(TemplateContext context, object? value);

    // Naming a function without arguments calls it.
    public override object? Evaluate(TemplateContext context) =>
        Call(context, Resolve(context));

    private object? Call(TemplateContext context, object? value) =>
        value is NativeFunction function ? FunctionCall.Invoke(context, this, function, []) : value;

    protected object? Target(TemplateContext context, Expression target, bool relaxed, string kind)
    {
        var value = target.Evaluate(context);
        if (value is not null || relaxed) return value;
        throw Error($"Object `{target}` is null. Cannot access {kind}: {this}");
    }
}

internal sealed class Variable(SourceRange range, string name) : PathExpression(range)
{
    public string Name => name;

    private bool IsLocal => name[0] == '$';

    public override object? Resolve(TemplateContext context)
    {
        if (context.TryGetVariable(Range, name, IsLocal, out var value) || !context.StrictVariables) return value;
        throw Error($"The variable or function `{name}` was not found");
    }

    /// <summary>The value, or null, whether unknown variables are errors or not.</summary>
    public object? Find(TemplateContext context) => context.TryGetVariable(Range, name, IsLocal, out var value) ? value : null;

    public override void Assign(TemplateContext context, object? value) => context.SetVariable(this, IsLocal, value);
}

internal sealed class Member(SourceRange range, Expression target, string name, bool optional) : PathExpression(range)
{
    public bool IsOptional => optional;

    public override object? Resolve(TemplateContext context)
    {
        var owner = Target(context, target, optional || context.EnableRelaxedTargetAccess, "member");
        if (owner is null) return null;
        if (Members.TryGet(context, Range, owner, name, out var value) || optional || context.EnableRelaxedMemberAccess) return value;
        throw Error($"Cannot get the member `{name}`: it was not found in `{target}`");
    }

    public override void Assign(TemplateContext context, object? value)
    {
        var owner = Target(context, target, relaxed: false, "member");
        if (!Members.TrySet(context, Range, owner!, name, value))
            throw Error($"Cannot set a value for the readonly member: {this}");
    }
}

internal sealed class Indexer(SourceRange range, Expression target, Expression index) : PathExpression(range)
{
    public override object? Resolve(TemplateContext context)
    {
        var owner = Target(context, target, context.EnableRelaxedTargetAccess, "indexer");
        if (owner is null) return null;
        var key = index.Evaluate(context);
        if (key is null)
            return context.EnableNullIndexer ? null : throw Error($"Cannot access target `{target}` with a null indexer: {this}");
        if (Members.IsList(owner)) return Item(context, owner, Values.ToInt(index, key));

        if (Members.TryGet(context, Range, owner, Values.ToText(index, key) ?? "", out var value) || context.EnableRelaxedMemberAccess)
            return value;
        throw Error($"Cannot access target `{target}` with an indexer: {index}");
    }

    private object? Item(TemplateContext context, object list, int position)
    {
        var count = Members.Count(list);
        var fromStart = position < 0 ? count + position : position;
        if (fromStart >= 0 && fromStart < count) return Members.ItemAt(list, fromStart);
        return context.EnableRelaxedIndexerAccess
            ? null
            : throw Error($"The index {fromStart} is out of bounds [0, {count}] on the `{target}` with the indexer: {index}");
    }

    public override void Assign(TemplateContext context, object? value)
    {
        var owner = Target(context, target, relaxed: false, "indexer")!;
        var key = index.Evaluate(context) ?? throw Error($"Cannot access target `{target}` with a null indexer: {this}");
        var done = Members.IsList(owner)
            ? Members.TrySetItem(owner, Values.ToInt(index, key), value)
            : Members.TrySet(context, Range, owner, Values.ToText(index, key) ?? "", value);
        if (!done)
            throw Error($"Cannot set a value for the readonly member `{Values.ToText(index, key)}` in the indexer: {this}");
    }
}

/// <summary>The property <c>empty?</c>, which every value has.</summary>
internal sealed class IsEmpty(SourceRange range, Expression target) : Expression(range)
{
    public override object? Evaluate(TemplateContext context) => Values.IsEmpty(target.Evaluate(context));
}
