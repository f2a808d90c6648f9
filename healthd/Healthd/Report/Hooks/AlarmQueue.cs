namespace Cloudlet.Healthd.Report.Hooks;

/// <summary>
/// Alarms on their way to hooks. One background task works them off, in order, and exists only while there are some. When more wait than fit, the oldest goes: what is true now counts more than what was. Safe for several threads.
/// </summary>
/// <param name="most">How many may wait.</param>
/// <param name="handle">Handles one; its failures are its own business.</param>
/// <param name="overflow">Told once of each time that alarms are dropped, until the queue was empty again.</param>
internal sealed class AlarmQueue(int most, Func<Alarm, CancellationToken, Task> handle, Action overflow) : IDisposable
{
    /// <summary>How long the end of the daemon waits for a hook that is told to stop.</summary>
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

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (turn)
                return waiting.Count;
        }
    }

    /// <summary>Ends when nothing waits.</summary>
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
                // The daemon stops; Next says so, too.
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
