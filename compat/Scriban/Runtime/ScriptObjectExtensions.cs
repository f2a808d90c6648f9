namespace Scriban.Runtime;

/// <summary>How .NET code fills an <see cref="IScriptObject"/>.</summary>
public static class ScriptObjectExtensions
{
    /// <summary>Makes a delegate callable from templates as <paramref name="member"/>.</summary>
    /// <remarks>
    /// A leading <see cref="TemplateContext"/> parameter receives the context; optional parameters may be left out by the template.
    /// Arguments are converted to string, bool, int, long, double and the collection types of this namespace.
    /// </remarks>
    public static void Import(this IScriptObject script, string member, Delegate function)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(member);
        ArgumentNullException.ThrowIfNull(function);
        script.SetValue(member, DelegateFunction.Create(function), readOnly: false);
    }

    /// <summary>Sets a member.</summary>
    /// <exception cref="InvalidOperationException">The member is read-only.</exception>
    public static void SetValue(this IScriptObject script, string member, object? value, bool readOnly)
    {
        ArgumentNullException.ThrowIfNull(script);
        if (!script.TrySetValue(context: null, default, member, value, readOnly))
            throw new InvalidOperationException($"Unable to set the readonly member `{member}`");
    }
}
