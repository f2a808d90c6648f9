using Scriban.Runtime;
using Scriban.Syntax;

namespace Scriban.Functions;

internal static class ArrayFunctions
{
    public static ScriptObject CreateModule()
    {
        var module = new ScriptObject();
        module.Define("add", 2, a => new ScriptArray(Items(a).Append(a[1])));
        module.Define("add_range", 2, Concat);
        module.Define("concat", 2, Concat);
        module.Define("compact", 1, a => new ScriptArray(Items(a).Where(item => item is not null)));
        module.Define("contains", 2, a => Items(a).Any(item => Equals(item, a[1])));
        module.Define("each", 2, a => new ScriptArray(Items(a).Select(item => Call(a, item))));
        module.Define("filter", 2, a => new ScriptArray(Items(a).Where(item => Values.IsTrue(Call(a, item)))));
        module.Define("first", 1, a => Items(a).FirstOrDefault());
        module.Define("join", 2, a => string.Join(a.Text(1), Items(a).Select(Values.ToText)));
        module.Define("last", 1, a => Items(a).LastOrDefault());
        module.Define("limit", 2, a => new ScriptArray(Items(a).Take(a.Int(1))));
        module.Define("map", 2, a => new ScriptArray(Items(a).Select(item => MemberOf(a, item, a.Text(1)!))));
        module.Define("offset", 2, a => new ScriptArray(Items(a).Skip(a.Int(1))));
        module.Define("reverse", 1, a => new ScriptArray(Items(a).Reverse()));
        module.Define("size", 1, a => a[0] is null ? 0 : Members.Count(a[0]!));
        module.Define("sort", 1, Sort, optional: 1);
        module.Define("uniq", 1, a => new ScriptArray(Items(a).Distinct()));
        return module.Sealed();
    }

    private static IEnumerable<object?> Items(Arguments a) => a.Sequence(0) ?? [];

    private static ScriptArray Concat(Arguments a) => new(Items(a).Concat(a.Sequence(1) ?? []));

    private static object? Call(Arguments a, object? item) => FunctionCall.Invoke(a.Context, a.Caller, a.Function(1), [item]);

    private static object? MemberOf(Arguments a, object? item, string name)
    {
        object? value = null;
        if (item is not null) Members.TryGet(a.Context, a.Caller.Range, item, name, out value);
        return value;
    }

    private static ScriptArray Sort(Arguments a)
    {
        var member = a.Text(1);
        var comparer = Comparer<object?>.Create((left, right) => Compare(a, left, right));
        return string.IsNullOrEmpty(member)
            ? new ScriptArray(Items(a).Order(comparer))
            : new ScriptArray(Items(a).OrderBy(item => MemberOf(a, item, member), comparer));
    }

    private static int Compare(Arguments a, object? left, object? right)
    {
        if (left is null || right is null) return (left is null ? 0 : 1) - (right is null ? 0 : 1);
        if (Values.TryNormalizeNumber(left, out _) && Values.TryNormalizeNumber(right, out _))
            return Values.ToDouble(a.Caller, left).CompareTo(Values.ToDouble(a.Caller, right));
        if (left is IComparable comparable && left.GetType() == right.GetType())
            return comparable is string text ? string.CompareOrdinal(text, (string)right) : comparable.CompareTo(right);
        throw a.Caller.Error($"Cannot sort a {Values.KindOf(left)} and a {Values.KindOf(right)}: they have no order");
    }
}
