using Scriban.Parsing;
using Scriban.Syntax;

namespace Scriban;

/// <summary>A parsed template.</summary>
/// <remarks>
/// <para>
/// This assembly is a source-compatible subset of the official Scriban 5.12: what it has means the same there. Of the language it has
/// text, escape blocks, whitespace control, comments, literals, variables, member paths, indexers, assignment, <c>if</c>, <c>case</c>,
/// <c>for</c>, <c>break</c>, <c>continue</c>, <c>capture</c>, operators, ranges, conditional expressions, function calls and pipes.
/// <c>while</c>, <c>func</c>, <c>with</c>, <c>wrap</c>, <c>import</c>, <c>readonly</c>, <c>ret</c>, named arguments, <c>$"…"</c> strings,
/// <c>include</c>, and the modules <c>date</c>, <c>timespan</c> and <c>regex</c> are left out; using them is an error.
/// </para>
/// <para>
/// Values are null, booleans, numbers, strings, <see cref="Runtime.ScriptObject"/>, <see cref="Runtime.ScriptArray"/>, dictionaries
/// with string keys and enumerables. Members of other CLR objects are not found: there is no reflection, so trimming is safe.
/// </para>
/// </remarks>
public class Template
{
    private readonly Block _page;

    private Template(Block page, LogMessageBag messages, string? sourceFilePath)
    {
        _page = page;
        Messages = messages;
        SourceFilePath = sourceFilePath;
    }

    /// <summary>The path that was given to <see cref="Parse"/>.</summary>
    public string? SourceFilePath { get; }

    /// <summary>Whether the template cannot be rendered; <see cref="Messages"/> tells why.</summary>
    public bool HasErrors => Messages.HasErrors;

    /// <summary>The messages of the lexer and the parser.</summary>
    public LogMessageBag Messages { get; }

    /// <summary>Parses a template. Errors are in <see cref="Messages"/>, not thrown.</summary>
    /// <param name="text">The template.</param>
    /// <param name="sourceFilePath">Named in error messages; the file is not read.</param>
    public static Template Parse(string text, string? sourceFilePath = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var messages = new LogMessageBag();
        var page = Parser.Parse(new SourceText(text, sourceFilePath), messages);
        return new Template(page, messages, sourceFilePath);
    }

    /// <summary>Renders the template with the variables and settings of <paramref name="context"/>.</summary>
    /// <exception cref="InvalidOperationException">The template <see cref="HasErrors"/>.</exception>
    /// <exception cref="ScriptRuntimeException">An expression or a statement could not be evaluated.</exception>
    public string Render(TemplateContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (HasErrors)
            throw new InvalidOperationException($"This template has errors. Check HasErrors and Messages before rendering it.\n{Messages}");
        try
        {
            _page.Execute(context);
            return context.TakeOutput();
        }
        finally
        {
            context.Flow = FlowState.None;
        }
    }
}
