using System.Collections.Immutable;

namespace Pulumi;

/// <summary>A property of arguments: a value, or an output of one.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
public class Input<T> : IInput
{
    private readonly object? _source;
    private readonly Func<Output<T>> _output;

    private protected Input(object? source, Func<Output<T>> output)
    {
        _source = source;
        _output = output;
    }

    object? IInput.Source => Source;

    private protected virtual object? Source => _source;

    private protected virtual Output<T> AsOutput() => _output();

    /// <summary>A value as an input.</summary>
    public static implicit operator Input<T>(T value) => new(value, () => Pulumi.Output.Create(value));

    /// <summary>An output as an input.</summary>
    public static implicit operator Input<T>(Output<T> value) => new(value, () => value);

    /// <summary>An input as an output.</summary>
    public static implicit operator Output<T>(Input<T> input) => input.AsOutput();

    /// <summary>Returns a warning: see <see cref="Output{T}.ToString"/>.</summary>
    public override string ToString() => AsOutput().ToString();
}

/// <summary>Converts inputs to outputs.</summary>
public static class InputExtensions
{
    /// <summary>The output of an input; for null, an output of the default value.</summary>
    public static Output<T> ToOutput<T>(this Input<T>? input) => input is null ? Output.Create(default(T)!) : input;

    /// <summary>The result of <paramref name="func"/> for the value.</summary>
    public static Output<U> Apply<T, U>(this Input<T>? input, Func<T, U> func) => input.ToOutput().Apply(func);

    internal static Output<ImmutableArray<T>> Flatten<T>(this Output<ImmutableArray<Input<T>>> list) =>
        list.Apply(static items => Output.All((IEnumerable<Input<T>>)items));
}
