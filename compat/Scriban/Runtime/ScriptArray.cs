using System.Collections;

namespace Scriban.Runtime;

/// <summary>A list as templates make it. Reading behind the end gives null; writing behind the end fills the gap with nulls.</summary>
public class ScriptArray : IList<object?>, IList
{
    private readonly List<object?> _items;

    /// <summary>Creates an empty array.</summary>
    public ScriptArray() => _items = [];

    /// <summary>Creates an empty array with room for <paramref name="capacity"/> items.</summary>
    public ScriptArray(int capacity) => _items = new List<object?>(capacity);

    /// <summary>Creates an array of the items of another collection.</summary>
    public ScriptArray(IEnumerable values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _items = [.. values.Cast<object?>()];
    }

    /// <summary>Number of items.</summary>
    public int Count => _items.Count;

    /// <summary>Whether the array can only be read.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>The item at a zero-based index.</summary>
    public object? this[int index]
    {
        get => index >= 0 && index < _items.Count ? _items[index] : null;
        set
        {
            EnsureWritable();
            if (index < 0) return;
            while (index >= _items.Count) _items.Add(null);
            _items[index] = value;
        }
    }

    /// <summary>Adds an item at the end.</summary>
    public void Add(object? item)
    {
        EnsureWritable();
        _items.Add(item);
    }

    /// <summary>Adds several items at the end.</summary>
    public void AddRange(IEnumerable<object?> items)
    {
        EnsureWritable();
        _items.AddRange(items);
    }

    /// <inheritdoc />
    public void Insert(int index, object? item)
    {
        EnsureWritable();
        while (index > _items.Count) _items.Add(null);
        _items.Insert(Math.Max(0, index), item);
    }

    /// <inheritdoc cref="IList{T}.RemoveAt" />
    public void RemoveAt(int index)
    {
        EnsureWritable();
        if (index >= 0 && index < _items.Count) _items.RemoveAt(index);
    }

    /// <inheritdoc />
    public bool Remove(object? item)
    {
        EnsureWritable();
        return _items.Remove(item);
    }

    /// <inheritdoc cref="ICollection{T}.Clear" />
    public void Clear()
    {
        EnsureWritable();
        _items.Clear();
    }

    /// <inheritdoc cref="ICollection{T}.Contains" />
    public bool Contains(object? item) => _items.Contains(item);

    /// <inheritdoc cref="IList{T}.IndexOf" />
    public int IndexOf(object? item) => _items.IndexOf(item);

    /// <inheritdoc />
    public void CopyTo(object?[] array, int arrayIndex) => _items.CopyTo(array, arrayIndex);

    /// <inheritdoc />
    public IEnumerator<object?> GetEnumerator() => _items.GetEnumerator();

    /// <summary>The array as a template renders it: <c>[1, "two"]</c>.</summary>
    public override string ToString() => Values.ToText(this) ?? "";

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    bool IList.IsFixedSize => false;

    bool ICollection.IsSynchronized => false;

    object ICollection.SyncRoot => _items;

    int IList.Add(object? value)
    {
        Add(value);
        return _items.Count - 1;
    }

    void IList.Remove(object? value) => Remove(value);

    void ICollection.CopyTo(Array array, int index) => ((ICollection)_items).CopyTo(array, index);

    private void EnsureWritable()
    {
        if (IsReadOnly) throw new InvalidOperationException("The array is readonly");
    }
}
