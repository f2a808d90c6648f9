using Scriban.Parsing;

namespace Scriban.Syntax;

/// <summary>A template could not be rendered. <see cref="Message"/> starts with the position.</summary>
#pragma warning disable CA1032 // the official type has only constructors with a span
public class ScriptRuntimeException : Exception
{
    /// <summary>Creates the error for a place in a template.</summary>
    public ScriptRuntimeException(SourceSpan span, string message)
        : base(message) => Span = span;

    /// <summary>Creates the error for a place in a template, with the exception that caused it.</summary>
    public ScriptRuntimeException(SourceSpan span, string message, Exception? innerException)
        : base(message, innerException) => Span = span;

    /// <summary>The text that could not be evaluated.</summary>
    public SourceSpan Span { get; }

    /// <summary>The message as <c>file(line,column) : error : message</c>.</summary>
    public override string Message => new LogMessage(ParserMessageType.Error, Span, base.Message).ToString();

    /// <summary>The message without its position.</summary>
    public string OriginalMessage => base.Message;

    /// <summary>The same as <see cref="Message"/>.</summary>
    public override string ToString() => Message;
}

/// <summary>Rendering was cancelled by <see cref="TemplateContext.CancellationToken"/>.</summary>
public class ScriptAbortException : ScriptRuntimeException
{
    /// <summary>Creates the error for the place where rendering stopped.</summary>
    public ScriptAbortException(SourceSpan span, CancellationToken cancellationToken)
        : base(span, "The operation was cancelled") => CancellationToken = cancellationToken;

    /// <summary>The token that was cancelled.</summary>
    public CancellationToken CancellationToken { get; }
}
