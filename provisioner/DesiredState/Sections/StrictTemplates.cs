using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace Cloudlet.DesiredState.Sections;

/// <summary>
/// Scriban for site templates: the same input always gives the same text, and an unknown name is an error.
/// </summary>
internal static class StrictTemplates
{
    /// <summary>Limit for the steps of nested loops together. Scriban's 1000 are too few for the links of a large host.</summary>
    private const int LoopLimit = 1_000_000;

    /// <summary>Filling it uses reflection, so it is done once; assignments of a template must not stay in it for the next one.</summary>
    private static readonly ScriptObject Builtins = ReproducibleBuiltins();

    /// <summary>Parses a template.</summary>
    /// <param name="path">Its path, for problems.</param>
    /// <param name="source">Text of the template.</param>
    /// <returns>The template, or null and its problems.</returns>
    public static (Template? Template, IReadOnlyList<Problem> Problems) Parse(string path, string source)
    {
        // Scriban treats NUL as the end of the text, and would silently drop the rest of the file.
        if (source.IndexOf('\0', StringComparison.Ordinal) is var nul and >= 0)
            return (null, [new Problem(PlaceOf(path, source, nul), "", "a template cannot contain a NUL character")]);
        var template = Template.Parse(source, path);
        var errors = template.Messages.Where(m => m.Type == ParserMessageType.Error);
        Problem[] problems = [.. errors.Select(m => ProblemOf(path, m.Span, m.Message))];
        return problems.Length == 0 ? (template, []) : (null, problems);
    }

    /// <summary>Renders a template with <paramref name="globals"/> as the only names besides Scriban's functions.</summary>
    public static (string? Text, IReadOnlyList<Problem> Problems) Render(string path, Template template, ScriptObject globals)
    {
        // LimitToString would cut off a long text and write "..." instead.
        var context = new TemplateContext(Builtins)
        {
            StrictVariables = true,
            EnableRelaxedMemberAccess = false,
            EnableRelaxedIndexerAccess = false,
            LimitToString = 0,
            LoopLimit = LoopLimit,
        };
        context.PushGlobal(globals);
        try
        {
            return (template.Render(context), []);
        }
        catch (ScriptRuntimeException error)
        {
            return (null, [ProblemOf(path, error.Span, error.OriginalMessage)]);
        }
    }

    private static ScriptObject ReproducibleBuiltins()
    {
        var builtins = TemplateContext.GetDefaultBuiltinObject();
        builtins.Remove("date"); // it depends on the clock and the time zone
        var math = (ScriptObject)builtins["math"]!;
        math.Remove("random");
        math.Remove("uuid");
        foreach (var group in builtins.Values.OfType<ScriptObject>())
            group.IsReadOnly = true;
        builtins.IsReadOnly = true;
        return builtins;
    }

    private static Problem ProblemOf(string path, SourceSpan span, string message) =>
        new(new SourcePlace(path, span.Start.Line + 1, span.Start.Column + 1), "", message);

    private static SourcePlace PlaceOf(string path, string source, int offset)
    {
        var before = source.AsSpan(0, offset);
        return new SourcePlace(path, before.Count('\n') + 1, offset - before.LastIndexOf('\n'));
    }
}
