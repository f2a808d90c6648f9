using System.Collections;
using Scriban.Parsing;

namespace Scriban.Runtime;

/// <summary>Reads and sets members and items of the kinds of values that templates know. No reflection: other objects have none.</summary>
internal static class Members
{
    public static bool TryGet(TemplateContext context, SourceRange range, object target, string name, out object? value)
    {
        switch (target)
        {
            case ScriptObject members:
                return members.TryGetValue(name, out value);
            case IScriptObject members:
                return members.TryGetValue(context, range.Span, name, out value);
            case LoopState loop:
                return loop.TryGet(name, out value);
            case IDictionary<string, object?> dictionary:
                return dictionary.TryGetValue(name, out value);
            case IDictionary dictionary:
                value = dictionary.Contains(name) ? dictionary[name] : null;
                return dictionary.Contains(name);
            case KeyValuePair<string, object?> pair:
                return TryGetPart(pair.Key, pair.Value, name, out value);
            case DictionaryEntry pair:
                return TryGetPart(pair.Key, pair.Value, name, out value);
            case IEnumerable when name == "size":
                value = Count(target);
                return true;
            default:
                value = null;
                return false;
        }
    }

    private static bool TryGetPart(object key, object? item, string name, out object? value)
    {
        value = name switch
        {
            "key" => key,
            "value" => item,
            _ => null,
        };
        return name is "key" or "value";
    }

    public static bool TrySet(TemplateContext context, SourceRange range, object target, string name, object? value)
    {
        switch (target)
        {
            case IScriptObject members:
                return members.TrySetValue(context, range.Span, name, value, readOnly: false);
            case IDictionary<string, object?> { IsReadOnly: false } dictionary:
                dictionary[name] = value;
                return true;
            default:
                return false;
        }
    }

    public static bool IsList(object target) => target is string or IList or IReadOnlyList<object?>;

    public static int Count(object list) => list switch
    {
        string text => text.Length,
        ICollection items => items.Count,
        IReadOnlyCollection<object?> items => items.Count,
        ScriptRange range => (int)Math.Min(range.Count, int.MaxValue),
        IEnumerable items => items.Cast<object?>().Count(),
        _ => 0,
    };

    public static object? ItemAt(object list, int index) => list switch
    {
        string text => text[index].ToString(),
        IList items => items[index],
        IReadOnlyList<object?> items => items[index],
        _ => null,
    };

    public static bool TrySetItem(object list, int index, object? value)
    {
        if (list is not IList { IsReadOnly: false } items) return false;
        var position = index < 0 ? items.Count + index : index;
        if (position < 0 || (position >= items.Count && list is not ScriptArray)) return false;
        items[position] = value;
        return true;
    }
}
