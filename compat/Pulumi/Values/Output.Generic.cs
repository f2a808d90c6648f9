using System.Collections.Immutable;

namespace Pulumi;

/// <summary>A value that is there later: after a resource was made, or, in a preview, perhaps not at all. It remembers what it came from and whether it is secret.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
public sealed class Output<T> : IOutput
{
    internal Output(Task<OutputData<T>> data)
    {
        DataTask = data;
        // Nobody may ever look at this output, and its failure must still fail the program.
        Deployment.Current?.Tasks.Add(data);
    }

    internal Task<OutputData<T>> DataTask { get; }

    /// <summary>The value of a task, as an output.</summary>
    public static Output<T> Create(Task<T> value) => Output.Create(value);

    /// <summary>The output of what <paramref name="func"/> makes of the value. It is not called while the value is not known.</summary>
    public Output<U> Apply<U>(Func<T, U> func) => Apply(value => Output.Create(func(value)));

    /// <summary>The output of what <paramref name="func"/> makes of the value, when it has made it.</summary>
    public Output<U> Apply<U>(Func<T, Task<U>> func) => Apply(value => Output.Create(func(value)));

    /// <summary>The output of what <paramref name="func"/> makes of the value, with the origins of both.</summary>
    public Output<U> Apply<U>(Func<T, Input<U>?> func) => Apply(value => func(value).ToOutput());

    /// <summary>The output of what <paramref name="func"/> makes of the value, with the origins of both.</summary>
    public Output<U> Apply<U>(Func<T, Output<U>?> func) => new(ApplyAsync(func));

    /// <summary>A warning: the value is not there yet, so a text made of it now could not hold it.</summary>
    public override string ToString() =>
        """
        Calling [ToString] on an [Output<T>] is not supported: its value is not there yet.
        To get a text of it, use one of:
        1. output.Apply(value => $"prefix{value}suffix")
        2. Output.Format($"prefix{output}suffix")
        """;

    Task<OutputData<object?>> IOutput.GetDataAsync() => BoxedAsync();

    private async Task<OutputData<object?>> BoxedAsync() => (await DataTask).Boxed();

    private async Task<OutputData<U>> ApplyAsync<U>(Func<T, Output<U>?> func)
    {
        var data = await DataTask;
        if (!data.IsKnown)
            return new OutputData<U>(data.Resources, default!, IsKnown: false, data.IsSecret);
        if (func(data.Value) is not { } output)
            return new OutputData<U>(data.Resources, default!, IsKnown: true, data.IsSecret);
        var inner = await output.DataTask;
        return new OutputData<U>(Union(data.Resources, inner.Resources), inner.Value, inner.IsKnown, data.IsSecret || inner.IsSecret);
    }

    private static ImmutableHashSet<Resource> Union(ImmutableHashSet<Resource> a, ImmutableHashSet<Resource> b) => a.IsEmpty ? b : b.IsEmpty ? a : a.Union(b);
}
