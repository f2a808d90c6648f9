namespace Pulumi;

/// <summary>The pending work of a program. It is over when all tasks are done, or when one has failed.</summary>
internal sealed class TaskTracker
{
    private readonly Lock guard = new();
    private readonly HashSet<Exception> failures = new(ReferenceEqualityComparer.Instance);
    private int running;
    private TaskCompletionSource? change;

    /// <summary>Adds a task.</summary>
    public void Add(Task task)
    {
        if (task.IsCompletedSuccessfully)
            return;
        lock (guard)
            running++;
        _ = task.ContinueWith(Done, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits until no task is left or one has failed.</summary>
    /// <returns>The failures up to then, each exception once however many outputs it affected; empty when all tasks succeeded.</returns>
    public async Task<IReadOnlyList<Exception>> DrainAsync()
    {
        while (true)
        {
            Task next;
            lock (guard)
            {
                if (failures.Count > 0 || running == 0)
                    return [.. failures];
                change ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                next = change.Task;
            }

            await next;
        }
    }

    private void Done(Task task)
    {
        TaskCompletionSource? seen = null;
        lock (guard)
        {
            running--;
            if (task.IsCanceled)
                failures.Add(new TaskCanceledException(task));
            foreach (var e in task.Exception?.Flatten().InnerExceptions ?? Enumerable.Empty<Exception>())
                failures.Add(e);
            if (running == 0 || failures.Count > 0)
                (seen, change) = (change, null);
        }

        seen?.TrySetResult();
    }
}
