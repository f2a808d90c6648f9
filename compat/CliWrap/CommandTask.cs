using System.Runtime.CompilerServices;

namespace CliWrap;

/// <summary>A running command: can be awaited like a task and knows the id of its process.</summary>
public class CommandTask<TResult>(Task<TResult> task, int processId) : IDisposable
{
    /// <summary>The task that ends when the process has ended and its pipes are drained.</summary>
    public Task<TResult> Task { get; } = task;

    /// <summary>Id of the process.</summary>
    public int ProcessId { get; } = processId;

    /// <summary>A task of the same process whose result is mapped by <paramref name="transform"/>.</summary>
    public CommandTask<T> Select<T>(Func<TResult, T> transform)
    {
        return new CommandTask<T>(MapAsync(), ProcessId);

        async Task<T> MapAsync() => transform(await Task);
    }

    /// <summary>Makes the command awaitable.</summary>
    public TaskAwaiter<TResult> GetAwaiter() => Task.GetAwaiter();

    /// <summary>Configures how an await on the command continues.</summary>
    public ConfiguredTaskAwaitable<TResult> ConfigureAwait(bool continueOnCapturedContext) =>
        Task.ConfigureAwait(continueOnCapturedContext);

    /// <summary>Disposes the inner task. Neither needed when the command is awaited nor a way to stop the process.</summary>
    public void Dispose()
    {
        Task.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The inner task.</summary>
    public static implicit operator Task<TResult>(CommandTask<TResult> commandTask) => commandTask.Task;
}
