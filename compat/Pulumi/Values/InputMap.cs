using System.Collections;
using System.Collections.Immutable;

namespace Pulumi;

/// <summary>A map as a property of arguments. Each value may be an output, and so may the map.</summary>
/// <typeparam name="V">Type of a value.</typeparam>
public sealed class InputMap<V> : Input<ImmutableDictionary<string, V>>, IEnumerable
{
    private Input<ImmutableDictionary<string, Input<V>>> _entries;

    /// <summary>An empty map, for an initializer.</summary>
    public InputMap()
        : this(ImmutableDictionary<string, Input<V>>.Empty) { }

    private InputMap(Input<ImmutableDictionary<string, Input<V>>> entries)
        : base(source: null, static () => throw new InvalidOperationException()) => _entries = entries;

    private protected override object? Source => _entries;

    private protected override Output<ImmutableDictionary<string, V>> AsOutput() =>
        _entries
            .ToOutput()
            .Apply(static map =>
            {
                string[] keys = [.. map.Keys];
                return Output
                    .All(keys.Select(k => map[k]))
                    .Apply(values => keys.Zip(values).ToImmutableDictionary(static e => e.First, static e => e.Second));
            });

    /// <summary>Adds a value under a new name.</summary>
    public void Add(string key, Input<V> value) => AddRange(new InputMap<V>(ImmutableDictionary<string, Input<V>>.Empty.Add(key, value)));

    /// <summary>Adds all entries of another map.</summary>
    public void Add(InputMap<V> values) => AddRange(values);

    /// <summary>Adds a value under a new name, in an initializer.</summary>
    public Input<V> this[string key]
    {
        set => Add(key, value);
    }

    /// <summary>Adds all entries of another map. The program fails when both have the same name with different values.</summary>
    public void AddRange(InputMap<V> values) => _entries = Join(_entries, values._entries, AddNew);

    /// <summary>Merges both into a new map; the second one's values win.</summary>
    public static InputMap<V> Merge(InputMap<V> first, InputMap<V> second) =>
        new(Join(first._entries, second._entries, static (a, b) => a.SetItems(b)));

    private static Input<ImmutableDictionary<string, Input<V>>> Join(
        Input<ImmutableDictionary<string, Input<V>>> a,
        Input<ImmutableDictionary<string, Input<V>>> b,
        Func<ImmutableDictionary<string, Input<V>>, ImmutableDictionary<string, Input<V>>, ImmutableDictionary<string, Input<V>>> join
    )
    {
        if (Known(a) is not { } first || Known(b) is not { } second)
            return Output.Tuple(a, b).Apply(both => join(both.Item1, both.Item2));
        try
        {
            return join(first, second);
        }
        catch (ArgumentException e)
        {
            // As with values that come later, the output fails and with it the program, not the line that adds the value.
            return Output.Create(Task.FromException<ImmutableDictionary<string, Input<V>>>(e));
        }
    }

    private static ImmutableDictionary<string, Input<V>> AddNew(
        ImmutableDictionary<string, Input<V>> entries,
        ImmutableDictionary<string, Input<V>> more
    )
    {
        foreach (var (key, value) in more)
        {
            if (!entries.TryGetValue(key, out var known))
                entries = entries.Add(key, value);
            else if (ValueOf(known) is not { } present || !present.Equals(ValueOf(value)))
                throw new ArgumentException($"the map already has another value for \"{key}\"", nameof(more));
        }

        return entries;
    }

    private static object? ValueOf(IInput input) => input.Source is IInput inner ? ValueOf(inner) : input.Source;

    private static ImmutableDictionary<string, Input<V>>? Known(Input<ImmutableDictionary<string, Input<V>>> input) =>
        ((IInput)input).Source as ImmutableDictionary<string, Input<V>>;

    private static ImmutableDictionary<string, Input<V>> Of(IEnumerable<KeyValuePair<string, V>> values) =>
        values.ToImmutableDictionary(static e => e.Key, static e => (Input<V>)e.Value);

    /// <summary>A map of these entries.</summary>
    public static implicit operator InputMap<V>(Dictionary<string, V> values) => new(Of(values));

    /// <summary>A map of these entries.</summary>
    public static implicit operator InputMap<V>(ImmutableDictionary<string, V> values) => new(Of(values));

    /// <summary>A map from an output.</summary>
    public static implicit operator InputMap<V>(Output<Dictionary<string, V>> values) => new(values.Apply(static v => Of(v)));

    /// <summary>A map from an output.</summary>
    public static implicit operator InputMap<V>(Output<IDictionary<string, V>> values) => new(values.Apply(static v => Of(v)));

    /// <summary>A map from an output.</summary>
    public static implicit operator InputMap<V>(Output<ImmutableDictionary<string, V>> values) => new(values.Apply(static v => Of(v)));

    // Exists only for collection initializers: the entries of an output cannot be enumerated now.
    IEnumerator IEnumerable.GetEnumerator() =>
        throw new NotSupportedException($"an {nameof(InputMap<V>)} cannot be enumerated: its values may not be available yet");
}
