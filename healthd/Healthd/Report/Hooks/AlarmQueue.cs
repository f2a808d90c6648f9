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

    private readonly Lock _turn = new();
    private readonly Queue<Alarm> _waiting = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _worker = Task.CompletedTask;
    private bool _isWorking;
    private bool _isOver;

    public void Add(Alarm alarm)
    {
        var isFirstLoss = false;
        lock (_turn)
        {
            if (_stop.IsCancellationRequested)
                return;
            _waiting.Enqueue(alarm);
            if (_waiting.Count > most)
            {
                _waiting.Dequeue();
                isFirstLoss = !_isOver;
                _isOver = true;
            }

            if (!_isWorking)
            {
                _isWorking = true;
                _worker = Task.Run(WorkAsync);
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
            lock (_turn)
                return _waiting.Count;
        }
    }

    /// <summary>Completes when the queue is empty.</summary>
    public Task WhenIdleAsync()
    {
        lock (_turn)
            return _worker;
    }

    public void Dispose()
    {
        lock (_turn)
            _stop.Cancel();
        if (_worker.Wait(Farewell))
            _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        while (Next() is { } alarm)
        {
            try
            {
                await handle(alarm, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The daemon stops; Next checks that, too.
            }
        }
    }

    private Alarm? Next()
    {
        lock (_turn)
        {
            if (!_stop.IsCancellationRequested && _waiting.TryDequeue(out var alarm))
                return alarm;
            _isWorking = _isOver = false;
            return null;
        }
    }
}
