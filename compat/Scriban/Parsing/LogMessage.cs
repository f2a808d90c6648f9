namespace Scriban.Parsing;

/// <summary>How serious a <see cref="LogMessage"/> is.</summary>
public enum ParserMessageType
{
    /// <summary>The template cannot be rendered.</summary>
    Error,

    /// <summary>The template can be rendered.</summary>
    Warning,
}

/// <summary>Something the lexer or the parser has to say about a place in a template.</summary>
public class LogMessage
{
    /// <summary>Creates a message.</summary>
    public LogMessage(ParserMessageType type, SourceSpan span, string message)
    {
        Type = type;
        Span = span;
        Message = message;
    }

    /// <summary>How serious it is.</summary>
    public ParserMessageType Type { get; set; }

    /// <summary>What text it is about.</summary>
    public SourceSpan Span { get; set; }

    /// <summary>The message without its position.</summary>
    public string Message { get; set; }

    /// <summary>The message as <c>file(line,column) : error : message</c>.</summary>
    public override string ToString()
    {
        var type = Type == ParserMessageType.Error ? "error" : "warning";
        return $"{Span.ToStringSimple()} : {type} : {Message}";
    }
}
