using System.Collections;
using System.Text;
using Scriban.Parsing;

namespace Scriban;

/// <summary>The messages of one parse, in the order in which they were found.</summary>
public class LogMessageBag : IReadOnlyList<LogMessage>
{
    private readonly List<LogMessage> _messages = [];

    /// <summary>Number of messages.</summary>
    public int Count => _messages.Count;

    /// <summary>The message at a zero-based index.</summary>
    public LogMessage this[int index] => _messages[index];

    /// <summary>Whether any message is an error.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>Adds a message.</summary>
    public void Add(LogMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        HasErrors |= message.Type == ParserMessageType.Error;
        _messages.Add(message);
    }

    /// <summary>Adds several messages.</summary>
    public void AddRange(IEnumerable<LogMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        foreach (var message in messages)
            Add(message);
    }

    /// <inheritdoc />
    public IEnumerator<LogMessage> GetEnumerator() => _messages.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>All messages, one a line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var message in _messages)
            text.AppendLine(message.ToString());
        return text.ToString();
    }
}
