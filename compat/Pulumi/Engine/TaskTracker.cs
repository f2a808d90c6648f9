namespace Pulumi;

/// <summary>Everything that the program has under way: it is over when all of it is, or when some of it has failed.</summary>
internal sealed class TaskTracker
{
    private readonly HashSet<Task> running = [];

    /// <summary>Takes on a task.</summary>
    public void Add(Task task)
    {
        if (task.IsCompletedSuccessfully)
            return;
        lock (running)
            running.Add(task);
    }

    /// <summary>Waits until nothing is left.</summary>
    /// <returns>What failed until the first failure was seen; empty when all went well.</returns>
    public async Task<IReadOnlyList<Exception>> DrainAsync()
    {
        while (Snapshot() is { Length: > 0 } tasks)
        {
            await Task.WhenAny(tasks);
            if (tasks.Any(static t => t.IsFaulted || t.IsCanceled))
                return Failures();
            lock (running)
                running.RemoveWhere(static t => t.IsCompletedSuccessfully);
        }

        return [];
    }

    /// <summary>What has failed by now, each exception once however many outputs it spoilt.</summary>
    private List<Exception> Failures()
    {
        var failures = new HashSet<Exception>(ReferenceEqualityComparer.Instance);
        foreach (var task in Snapshot())
        {
            if (task.IsCanceled)
                failures.Add(new TaskCanceledException(task));
            foreach (var e in task.Exception?.Flatten().InnerExceptions ?? Enumerable.Empty<Exception>())
                failures.Add(e);
        }

        return [.. failures];
    }

    private Task[] Snapshot()
    {
        lock (running)
            return [.. running];
    }
}
