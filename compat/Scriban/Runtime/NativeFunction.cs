using System.Collections;
using System.Runtime.InteropServices;
using Scriban.Syntax;

namespace Scriban.Runtime;

/// <summary>A function that templates can call with <c>Required</c> to <c>Maximum</c> arguments.</summary>
internal sealed record NativeFunction(int Required, int Maximum, Func<Arguments, object?> Body);

/// <summary>The arguments of one call, converted as the function asks for them. A missing one reads as null.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct Arguments(TemplateContext context, Expression caller, object?[] values)
{
    public TemplateContext Context => context;

    public Expression Caller => caller;

    public object?[] All => values;

    public object? this[int index] => index < values.Length ? values[index] : null;

    public bool Has(int index) => index < values.Length;

    public string? Text(int index) => Values.ToText(caller, this[index]);

    public int Int(int index) => Values.ToInt(caller, this[index]);

    public IEnumerable<object?>? Sequence(int index) => this[index] switch
    {
        null => null,
        IEnumerable<object?> items => items,
        string text => text.Select(letter => (object?)letter.ToString()),
        IEnumerable items => items.Cast<object?>(),
        _ => throw caller.Error("Unexpected list value. Expecting an array, list or iterator. Unable to convert to a list."),
    };

    public NativeFunction Function(int index) =>
        this[index] as NativeFunction ?? throw caller.Error($"The argument `{Text(index)}` is not a function. Pass it as @name.");
}
