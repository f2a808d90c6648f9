using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Scriban.Parsing;

namespace Scriban.Runtime;

/// <summary>
/// The members that a template sees: a dictionary that keeps the order of insertion, plus read-only marks.
/// Values may be null, strings, numbers, booleans, <see cref="ScriptObject"/>, <see cref="ScriptArray"/>, dictionaries and
/// enumerables of these. Members of other CLR objects are not looked up: this subset uses no reflection.
/// </summary>
public class ScriptObject : IDictionary<string, object?>, IScriptObject
{
    private readonly Dictionary<string, object?> _members;
    private HashSet<string>? _readOnlyMembers;

    /// <summary>Creates an empty object.</summary>
    public ScriptObject()
        : this(0)
    {
    }

    /// <summary>Creates an empty object with room for <paramref name="capacity"/> members.</summary>
    public ScriptObject(int capacity) => _members = new Dictionary<string, object?>(capacity, StringComparer.Ordinal);

    /// <inheritdoc cref="IScriptObject.Count" />
    public int Count => _members.Count;

    /// <inheritdoc cref="IScriptObject.IsReadOnly" />
    public bool IsReadOnly { get; set; }

    /// <summary>Names of the members.</summary>
    public ICollection<string> Keys => _members.Keys;

    /// <summary>Values of the members.</summary>
    public ICollection<object?> Values => _members.Values;

    /// <summary>A member, or null if there is none.</summary>
    /// <exception cref="InvalidOperationException">The member or the object is read-only.</exception>
    public object? this[string key]
    {
        get => _members.GetValueOrDefault(key);
        set => Set(key, value, readOnly: false);
    }

    /// <inheritdoc />
    public void Add(string key, object? value)
    {
        EnsureWritable(key);
        _members.Add(key, value);
    }

    /// <inheritdoc />
    public bool ContainsKey(string key) => _members.ContainsKey(key);

    /// <inheritdoc />
    public bool Contains(string member) => _members.ContainsKey(member);

    /// <inheritdoc />
    public IEnumerable<string> GetMembers() => _members.Keys;

    /// <inheritdoc />
    public bool CanWrite(string member) => !IsReadOnly && _readOnlyMembers?.Contains(member) != true;

    /// <inheritdoc />
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out object? value) => _members.TryGetValue(key, out value);

    /// <inheritdoc />
    public bool TryGetValue(TemplateContext? context, SourceSpan span, string member, out object? value) =>
        _members.TryGetValue(member, out value);

    /// <inheritdoc />
    public bool TrySetValue(TemplateContext? context, SourceSpan span, string member, object? value, bool readOnly)
    {
        if (!CanWrite(member)) return false;
        Set(member, value, readOnly);
        return true;
    }

    /// <inheritdoc cref="IScriptObject.Remove" />
    public bool Remove(string key)
    {
        EnsureWritable(key);
        return _members.Remove(key);
    }

    /// <inheritdoc />
    public void SetReadOnly(string member, bool readOnly)
    {
        if (readOnly)
            (_readOnlyMembers ??= new HashSet<string>(StringComparer.Ordinal)).Add(member);
        else
            _readOnlyMembers?.Remove(member);
    }

    /// <inheritdoc />
    public void Clear()
    {
        EnsureWritable(member: null);
        _members.Clear();
        _readOnlyMembers = null;
    }

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _members.GetEnumerator();

    /// <summary>The object as a template renders it: <c>{name: value, …}</c>.</summary>
    public override string ToString() => Runtime.Values.ToText(this) ?? "";

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    void ICollection<KeyValuePair<string, object?>>.Add(KeyValuePair<string, object?> item) => Add(item.Key, item.Value);

    bool ICollection<KeyValuePair<string, object?>>.Contains(KeyValuePair<string, object?> item) => _members.Contains(item);

    void ICollection<KeyValuePair<string, object?>>.CopyTo(KeyValuePair<string, object?>[] array, int arrayIndex) =>
        ((ICollection<KeyValuePair<string, object?>>)_members).CopyTo(array, arrayIndex);

    bool ICollection<KeyValuePair<string, object?>>.Remove(KeyValuePair<string, object?> item) =>
        _members.Contains(item) && Remove(item.Key);

    private void Set(string member, object? value, bool readOnly)
    {
        EnsureWritable(member);
        _members[member] = value;
        if (readOnly) SetReadOnly(member, readOnly: true);
    }

    private void EnsureWritable(string? member)
    {
        if (IsReadOnly || (member is not null && !CanWrite(member)))
            throw new InvalidOperationException(member is null ? "The object is readonly" : $"The member `{member}` is readonly");
    }
}
