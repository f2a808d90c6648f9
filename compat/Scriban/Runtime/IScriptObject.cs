using Scriban.Parsing;

namespace Scriban.Runtime;

#pragma warning disable CA1716 // the official interface names its parameters so

/// <summary>An object whose members templates can read and, where allowed, write.</summary>
public interface IScriptObject
{
    /// <summary>Number of members.</summary>
    int Count { get; }

    /// <summary>Whether no member can be added, changed or removed.</summary>
    bool IsReadOnly { get; set; }

    /// <summary>The names of the members.</summary>
    IEnumerable<string> GetMembers();

    /// <summary>Whether there is a member of that name.</summary>
    bool Contains(string member);

    /// <summary>Whether the member can be set.</summary>
    bool CanWrite(string member);

    /// <summary>Reads a member; false if there is none.</summary>
    bool TryGetValue(TemplateContext? context, SourceSpan span, string member, out object? value);

    /// <summary>Sets a member; false if it is read-only.</summary>
    bool TrySetValue(TemplateContext? context, SourceSpan span, string member, object? value, bool readOnly);

    /// <summary>Removes a member; false if there was none.</summary>
    bool Remove(string member);

    /// <summary>Makes a member read-only, or writable again.</summary>
    void SetReadOnly(string member, bool readOnly);
}
