using System.Collections;
using Scriban.Runtime;

namespace Scriban.Functions;

internal static class ObjectFunctions
{
    public static ScriptObject CreateModule()
    {
        var module = new ScriptObject();
        module.Define("default", 2, a => a[0] is null or "" ? a[1] : a[0]);
        module.Define("has_key", 2, a => TryGet(a, out _));
        module.Define("has_value", 2, a => TryGet(a, out var value) && value is not null);
        module.Define("keys", 1, a => new ScriptArray(Entries(a).Select(entry => entry.Key)));
        module.Define("values", 1, a => new ScriptArray(Entries(a).Select(entry => entry.Value)));
        module.Define("size", 1, a => a[0] is null ? 0 : Members.Count(a[0]!));
        module.Define("typeof", 1, a => Values.KindOf(a[0]));
        return module.Sealed();
    }

    private static bool TryGet(Arguments a, out object? value)
    {
        value = null;
        return a[0] is IScriptObject or IDictionary or IDictionary<string, object?>
            && Members.TryGet(a.Context, a.Caller.Range, a[0]!, a.Text(1) ?? "", out value);
    }

    private static IEnumerable<(string Key, object? Value)> Entries(Arguments a) => a[0] switch
    {
        null => [],
        IDictionary<string, object?> dictionary => dictionary.Select(entry => (entry.Key, entry.Value)),
        IDictionary dictionary => dictionary.Cast<DictionaryEntry>().Select(entry => (Values.ToText(entry.Key) ?? "", entry.Value)),
        _ => throw a.Caller.Error($"A {Values.KindOf(a[0])} has no members"),
    };
}
