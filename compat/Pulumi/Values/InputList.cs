using System.Collections;
using System.Collections.Immutable;

namespace Pulumi;

/// <summary>A list as a property of arguments. Each item may be an output, and so may the list.</summary>
/// <typeparam name="T">Type of an item.</typeparam>
public sealed class InputList<T> : Input<ImmutableArray<T>>, IEnumerable
{
    private Input<ImmutableArray<Input<T>>> _items;

    /// <summary>An empty list, for an initializer.</summary>
    public InputList()
        : this(ImmutableArray<Input<T>>.Empty) { }

    private InputList(Input<ImmutableArray<Input<T>>> items)
        : base(source: null, static () => throw new InvalidOperationException()) => _items = items;

    private protected override object? Source => _items;

    private protected override Output<ImmutableArray<T>> AsOutput() => _items.ToOutput().Flatten();

    /// <summary>Appends items.</summary>
    public void Add(params Input<T>[] inputs) => AddRange([.. inputs]);

    /// <summary>Appends the items of another list.</summary>
    public void Add(InputList<T> inputs) => AddRange(inputs);

    /// <summary>Appends the items of another list.</summary>
    public void AddRange(InputList<T> inputs) => _items = Concat(inputs)._items;

    /// <summary>This list followed by another, as a new list.</summary>
    public InputList<T> Concat(InputList<T> other) =>
        Known(_items) is { } own && Known(other._items) is { } more
            ? new InputList<T>(own.AddRange(more))
            : new InputList<T>(Output.Tuple(_items, other._items).Apply(static both => both.Item1.AddRange(both.Item2)));

    private void AddRange(ImmutableArray<Input<T>> more) => AddRange(new InputList<T>(more));

    private static ImmutableArray<Input<T>>? Known(Input<ImmutableArray<Input<T>>> input) =>
        ((IInput)input).Source as ImmutableArray<Input<T>>?;

    private static InputList<T> Of(IEnumerable<Input<T>> inputs) => new(inputs.ToImmutableArray());

    private static InputList<T> Of(Output<IEnumerable<T>> outputs) =>
        new(outputs.Apply(static values => values.Select(static v => (Input<T>)v).ToImmutableArray()));

    /// <summary>A list of one item.</summary>
    public static implicit operator InputList<T>(T value) => Of([value]);

    /// <summary>A list of one item.</summary>
    public static implicit operator InputList<T>(Output<T> value) => Of([value]);

    /// <summary>A list of one item.</summary>
    public static implicit operator InputList<T>(Input<T> value) => Of([value]);

    /// <summary>A list of these items.</summary>
    public static implicit operator InputList<T>(T[] values) => Of(values.Select(static v => (Input<T>)v));

    /// <summary>A list of these items.</summary>
    public static implicit operator InputList<T>(Output<T>[] values) => Of(values.Select(static v => (Input<T>)v));

    /// <summary>A list of these items.</summary>
    public static implicit operator InputList<T>(Input<T>[] values) => Of(values);

    /// <summary>A list of these items.</summary>
    public static implicit operator InputList<T>(List<T> values) => Of(values.Select(static v => (Input<T>)v));

    /// <summary>A list of these items.</summary>
    public static implicit operator InputList<T>(List<Output<T>> values) => Of(values.Select(static v => (Input<T>)v));

    /// <summary>A list of these items.</summary>
    public static implicit operator InputList<T>(List<Input<T>> values) => Of(values);

    /// <summary>A list of these items.</summary>
    public static implicit operator InputList<T>(ImmutableArray<T> values) => Of(values.Select(static v => (Input<T>)v));

    /// <summary>A list of these items.</summary>
    public static implicit operator InputList<T>(ImmutableArray<Output<T>> values) => Of(values.Select(static v => (Input<T>)v));

    /// <summary>A list of these items.</summary>
    public static implicit operator InputList<T>(ImmutableArray<Input<T>> values) => new(values);

    /// <summary>A list from an output.</summary>
    public static implicit operator InputList<T>(Output<T[]> values) => Of(values.Apply(static v => (IEnumerable<T>)v));

    /// <summary>A list from an output.</summary>
    public static implicit operator InputList<T>(Output<List<T>> values) => Of(values.Apply(static v => (IEnumerable<T>)v));

    /// <summary>A list from an output.</summary>
    public static implicit operator InputList<T>(Output<IEnumerable<T>> values) => Of(values);

    /// <summary>A list from an output.</summary>
    public static implicit operator InputList<T>(Output<ImmutableArray<T>> values) => Of(values.Apply(static v => (IEnumerable<T>)v));

    // Exists only for collection initializers: the items of an output cannot be enumerated now.
    IEnumerator IEnumerable.GetEnumerator() =>
        throw new NotSupportedException($"an {nameof(InputList<T>)} cannot be enumerated: its items may not be available yet");
}
