namespace Pulumi;

/// <summary>Everything that the program has under way: it is over when all of it is, or when some of it has failed.</summary>
internal sealed class TaskTracker
{
    private readonly Lock guard = new();
    private readonly HashSet<Exception> failures = new(ReferenceEqualityComparer.Instance);
    private int running;
    private TaskCompletionSource? change;

    /// <summary>Takes on a task.</summary>
    public void Add(Task task)
    {
        if (task.IsCompletedSuccessfully)
            return;
        lock (guard)
            running++;
        _ = task.ContinueWith(Done, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits until nothing is left.</summary>
    /// <returns>What failed until the first failure was seen, each exception once however many outputs it spoilt; empty when all went well.</returns>
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
