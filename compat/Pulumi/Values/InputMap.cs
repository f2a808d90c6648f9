using System.Collections;
using System.Collections.Immutable;

namespace Pulumi;

/// <summary>Names with values that a property of arguments takes. Each value may be an output of its own, and so may the map.</summary>
/// <typeparam name="V">Type of a value.</typeparam>
public sealed class InputMap<V> : Input<ImmutableDictionary<string, V>>, IEnumerable
{
    private Input<ImmutableDictionary<string, Input<V>>> entries;

    /// <summary>An empty map, for an initializer.</summary>
    public InputMap() : this(ImmutableDictionary<string, Input<V>>.Empty)
    {
    }

    private InputMap(Input<ImmutableDictionary<string, Input<V>>> entries) : base(source: null, static () => throw new InvalidOperationException()) => this.entries = entries;

    private protected override object? Source => entries;

    private protected override Output<ImmutableDictionary<string, V>> AsOutput() => entries.ToOutput().Apply(static map =>
    {
        string[] keys = [.. map.Keys];
        return Output.All(keys.Select(k => map[k])).Apply(values => keys.Zip(values).ToImmutableDictionary(static e => e.First, static e => e.Second));
    });

    /// <summary>Adds a value under a name that has none yet.</summary>
    public void Add(string key, Input<V> value) => Change(map => map.Add(key, value));

    /// <summary>Sets the value of a name.</summary>
    public Input<V> this[string key]
    {
        set => Change(map => map.SetItem(key, value));
    }

    /// <summary>Adds all entries of another map.</summary>
    public void AddRange(InputMap<V> values) => entries = Join(entries, values.entries);

    /// <summary>Both maps as a new one; the second one's values win.</summary>
    public static InputMap<V> Merge(InputMap<V> first, InputMap<V> second) => new(Join(first.entries, second.entries));

    private void Change(Func<ImmutableDictionary<string, Input<V>>, ImmutableDictionary<string, Input<V>>> change) =>
        entries = Known(entries) is { } known ? change(known) : entries.ToOutput().Apply(change);

    private static Input<ImmutableDictionary<string, Input<V>>> Join(Input<ImmutableDictionary<string, Input<V>>> a, Input<ImmutableDictionary<string, Input<V>>> b) =>
        Known(a) is { } first && Known(b) is { } second ? first.SetItems(second) : Output.Tuple(a, b).Apply(static both => both.Item1.SetItems(both.Item2));

    private static ImmutableDictionary<string, Input<V>>? Known(Input<ImmutableDictionary<string, Input<V>>> input) => ((IInput)input).Source as ImmutableDictionary<string, Input<V>>;

    private static ImmutableDictionary<string, Input<V>> Of(IEnumerable<KeyValuePair<string, V>> values) => values.ToImmutableDictionary(static e => e.Key, static e => (Input<V>)e.Value);

    /// <summary>A map of these entries.</summary>
    public static implicit operator InputMap<V>(Dictionary<string, V> values) => new(Of(values));

    /// <summary>A map of these entries.</summary>
    public static implicit operator InputMap<V>(ImmutableDictionary<string, V> values) => new(Of(values));

    /// <summary>A map that an output brings.</summary>
    public static implicit operator InputMap<V>(Output<Dictionary<string, V>> values) => new(values.Apply(static v => Of(v)));

    /// <summary>A map that an output brings.</summary>
    public static implicit operator InputMap<V>(Output<IDictionary<string, V>> values) => new(values.Apply(static v => Of(v)));

    /// <summary>A map that an output brings.</summary>
    public static implicit operator InputMap<V>(Output<ImmutableDictionary<string, V>> values) => new(values.Apply(static v => Of(v)));

    // Only there for the initializer's sake: what an output will hold cannot be walked through now.
    IEnumerator IEnumerable.GetEnumerator() => throw new NotSupportedException($"an {nameof(InputMap<V>)} cannot be enumerated: its values may not be there yet");
}
