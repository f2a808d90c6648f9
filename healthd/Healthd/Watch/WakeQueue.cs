namespace Cloudlet.Healthd.Watch;

/// <summary>The triggers of one wake-up, combined.</summary>
/// <param name="Ids">Resources to observe; null: all.</param>
/// <param name="Because">The first trigger, for records.</param>
/// <param name="Since">Timestamp of the first event.</param>
public sealed record WorkBatch(IReadOnlyCollection<string>? Ids, string Because, long Since);

/// <summary>
/// Collects the resources that events concern until the daemon takes them. However many events come for one resource, it is observed once.
/// Thread-safe: watchers post, the daemon takes.
/// </summary>
public sealed class WakeQueue(TimeProvider clock) : IDisposable
{
    /// <summary>
    /// How long a file must be unchanged before units that load it are observed; the field below limits how long changes may delay that.
    /// </summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMilliseconds(750);

    private readonly Lock _turn = new();
    private readonly Dictionary<string, Pending> _pending = [];
    private readonly SemaphoreSlim _news = new(0, 1);
    private Pending? _everything;

    private sealed record Pending(string Because, long Since, long Due);

    /// <summary>Requests an observation of some resources at once.</summary>
    public void Post(IEnumerable<string> ids, string because, long since)
    {
        lock (_turn)
        {
            foreach (var id in ids)
                _pending[id] = First(id, because, since) with { Due = 0 };
        }

        Tell();
    }

    /// <summary>Requests an observation once nothing has happened for a moment.</summary>
    public void PostPatiently(string id, string because, long since)
    {
        lock (_turn)
        {
            var first = First(id, because, since);
            var due = Math.Min(After(since, Quiet), After(first.Since, LongestPatience));
            _pending[id] = first.Due == 0 ? first : first with { Due = due };
        }

        Tell();
    }

    /// <summary>Requests an observation after a pause.</summary>
    public void PostLater(string id, string because, TimeSpan pause)
    {
        lock (_turn)
        {
            var due = After(clock.GetTimestamp(), pause);
            var first = First(id, because, due);
            _pending[id] = first with { Due = Math.Min(first.Due, due) };
        }

        Tell();
    }

    /// <summary>Requests an observation of everything.</summary>
    public void PostAll(string because, long since)
    {
        lock (_turn)
            _everything ??= new Pending(because, since, 0);
        Tell();
    }

    /// <summary>
    /// Removes and returns what is due now; null when <paramref name="longest"/> has passed or something else has to be handled first.
    /// </summary>
    /// <remarks>
    /// It blocks its thread in the kernel: an asynchronous wait would wake a timer thread, a thread of the pool and the pool's supervisor
    /// again and again.
    /// </remarks>
    public WorkBatch? Take(TimeSpan longest, CancellationToken ct)
    {
        var (ready, pause) = Ready();
        if (ready is not null)
            return ready;
        _news.Wait(pause < longest ? pause : longest, ct);
        return Ready().Ready;
    }

    /// <inheritdoc/>
    public void Dispose() => _news.Dispose();

    private (WorkBatch? Ready, TimeSpan Pause) Ready()
    {
        lock (_turn)
        {
            if (_everything is { } all)
            {
                _everything = null;
                _pending.Clear();
                return (new WorkBatch(null, all.Because, all.Since), default);
            }

            var now = clock.GetTimestamp();
            var due = _pending.Where(p => p.Value.Due <= now).ToList();
            if (due.Count == 0)
                return (null, _pending.Count == 0 ? TimeSpan.MaxValue : clock.GetElapsedTime(now, _pending.Values.Min(p => p.Due)));
            foreach (var (id, _) in due)
                _pending.Remove(id);
            var first = due.MinBy(p => p.Value.Since).Value;
            return (new WorkBatch([.. due.Select(p => p.Key)], first.Because, first.Since), default);
        }
    }

    /// <summary>The earlier request for a resource. A request with a pause has not happened yet: an event now comes before it.</summary>
    private Pending First(string id, string because, long since)
    {
        if (!_pending.TryGetValue(id, out var earlier))
            return new Pending(because, since, long.MaxValue);
        return earlier.Since <= since ? earlier : earlier with { Because = because, Since = since };
    }

    private long After(long timestamp, TimeSpan pause) => timestamp + (long)(pause.TotalSeconds * clock.TimestampFrequency);

    private void Tell()
    {
        try
        {
            if (_news.CurrentCount == 0)
                _news.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another watcher released it at the same moment.
        }
        catch (ObjectDisposedException)
        {
            // A last event while the daemon stops.
        }
    }
}
