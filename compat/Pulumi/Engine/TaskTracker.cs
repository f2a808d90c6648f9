namespace Pulumi;

/// <summary>The pending work of a program. It is over when all tasks are done, or when one has failed.</summary>
internal sealed class TaskTracker
{
    private readonly Lock _guard = new();
    private readonly HashSet<Exception> _failures = new(ReferenceEqualityComparer.Instance);
    private int _running;
    private TaskCompletionSource? _change;

    /// <summary>Adds a task.</summary>
    public void Add(Task task)
    {
        if (task.IsCompletedSuccessfully)
            return;
        lock (_guard)
            _running++;
        _ = task.ContinueWith(Done, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits until no task is left or one has failed.</summary>
    /// <returns>The failures up to then, each exception once however many outputs it affected; empty when all tasks succeeded.</returns>
    public async Task<IReadOnlyList<Exception>> DrainAsync()
    {
        while (true)
        {
            Task next;
            lock (_guard)
            {
                if (_failures.Count > 0 || _running == 0)
                    return [.. _failures];
                _change ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                next = _change.Task;
            }

            await next;
        }
    }

    private void Done(Task task)
    {
        TaskCompletionSource? seen = null;
        lock (_guard)
        {
            _running--;
            if (task.IsCanceled)
                _failures.Add(new TaskCanceledException(task));
            foreach (var e in task.Exception?.Flatten().InnerExceptions ?? Enumerable.Empty<Exception>())
                _failures.Add(e);
            if (_running == 0 || _failures.Count > 0)
                (seen, _change) = (_change, null);
        }

        seen?.TrySetResult();
    }
}
