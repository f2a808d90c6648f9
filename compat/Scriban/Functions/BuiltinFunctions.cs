using Scriban.Runtime;

namespace Scriban.Functions;

/// <summary>The variables that every template sees. One read-only object serves all contexts.</summary>
internal static class BuiltinFunctions
{
    public static ScriptObject Root { get; } = Create();

    private static ScriptObject Create()
    {
        var root = new ScriptObject(6)
        {
            ["string"] = StringFunctions.CreateModule(),
            ["array"] = ArrayFunctions.CreateModule(),
            ["object"] = ObjectFunctions.CreateModule(),
            ["math"] = MathFunctions.CreateModule(),
            ["html"] = HtmlFunctions.CreateModule(),
            ["empty"] = EmptyObject.Instance,
        };
        root.IsReadOnly = true;
        return root;
    }

    /// <summary>Adds a function that takes <paramref name="required"/> arguments and up to <paramref name="optional"/> more.</summary>
    public static void Define(this ScriptObject module, string name, int required, Func<Arguments, object?> body, int optional = 0) =>
        module[name] = new NativeFunction(required, required + optional, body);

    public static ScriptObject Sealed(this ScriptObject module)
    {
        module.IsReadOnly = true;
        return module;
    }
}
