namespace Cloudlet.Healthd.Report.Hooks;

/// <summary>
/// The queue of alarms for hooks. One background task handles them in order, and exists only while there are any. When the queue is full,
/// the oldest alarm is dropped: newer alarms matter more. Thread-safe.
/// </summary>
/// <param name="most">How many may wait.</param>
/// <param name="handle">Handles one alarm, including its own errors.</param>
/// <param name="overflow">Called once when alarms are dropped, and again only after the queue was empty.</param>
internal sealed class AlarmQueue(int most, Func<Alarm, CancellationToken, Task> handle, Action overflow) : IDisposable
{
    /// <summary>How long a stopping daemon waits for a hook after cancelling it.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly Lock turn = new();
    private readonly Queue<Alarm> waiting = new();
    private readonly CancellationTokenSource stop = new();
    private Task worker = Task.CompletedTask;
    private bool isWorking;
    private bool isOver;

    public void Add(Alarm alarm)
    {
        var isFirstLoss = false;
        lock (turn)
        {
            if (stop.IsCancellationRequested)
                return;
            waiting.Enqueue(alarm);
            if (waiting.Count > most)
            {
                waiting.Dequeue();
                isFirstLoss = !isOver;
                isOver = true;
            }

            if (!isWorking)
            {
                isWorking = true;
                worker = Task.Run(WorkAsync);
            }
        }

        if (isFirstLoss)
            overflow();
    }

    /// <summary>Number of waiting alarms.</summary>
    public int Waiting
    {
        get
        {
            lock (turn)
                return waiting.Count;
        }
    }

    /// <summary>Completes when the queue is empty.</summary>
    public Task WhenIdleAsync()
    {
        lock (turn)
            return worker;
    }

    public void Dispose()
    {
        lock (turn)
            stop.Cancel();
        if (worker.Wait(Farewell))
            stop.Dispose();
    }

    private async Task WorkAsync()
    {
        while (Next() is { } alarm)
        {
            try
            {
                await handle(alarm, stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The daemon stops; Next checks that, too.
            }
        }
    }

    private Alarm? Next()
    {
        lock (turn)
        {
            if (!stop.IsCancellationRequested && waiting.TryDequeue(out var alarm))
                return alarm;
            isWorking = isOver = false;
            return null;
        }
    }
}
