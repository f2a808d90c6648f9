using System.Collections.Immutable;

namespace Pulumi;

/// <summary>
/// A value that becomes available later: after a resource was created, or perhaps never in a preview. It records which resources it
/// depends on and whether it is secret.
/// </summary>
/// <typeparam name="T">Type of the value.</typeparam>
public sealed class Output<T> : IOutput
{
    internal Output(Task<OutputData<T>> data)
    {
        DataTask = data;
        // Even if this output is never read, its failure must fail the program.
        Deployment.Current?.Tasks.Add(data);
    }

    internal Task<OutputData<T>> DataTask { get; }

    /// <summary>The value of a task, as an output.</summary>
    public static Output<T> Create(Task<T> value) => Output.Create(value);

    /// <summary>An output of the result of <paramref name="func"/>. The function is not called while the value is unknown.</summary>
    public Output<U> Apply<U>(Func<T, U> func) => Apply(value => Output.Create(func(value)));

    /// <summary>An output of the result of <paramref name="func"/>, once the task is done.</summary>
    public Output<U> Apply<U>(Func<T, Task<U>> func) => Apply(value => Output.Create(func(value)));

    /// <summary>An output of the result of <paramref name="func"/>, with the dependencies of both.</summary>
    public Output<U> Apply<U>(Func<T, Input<U>?> func) => Apply(value => func(value).ToOutput());

    /// <summary>An output of the result of <paramref name="func"/>, with the dependencies of both.</summary>
    public Output<U> Apply<U>(Func<T, Output<U>?> func) => new(ApplyAsync(func));

    /// <summary>Returns a warning: the value is not available yet, so a text built now could not contain it.</summary>
    public override string ToString() =>
        """
            Calling [ToString] on an [Output<T>] is not supported: its value is not available yet.
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

    private static ImmutableHashSet<Resource> Union(ImmutableHashSet<Resource> a, ImmutableHashSet<Resource> b) =>
        a.IsEmpty ? b
        : b.IsEmpty ? a
        : a.Union(b);
}
