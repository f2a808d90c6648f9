namespace Cloudlet.TestKit;

/// <summary>
/// A clock that stops until a test advances it. Waits on it end at once: the clock jumps to the end of the wait, unless
/// <see cref="JumpsOverWaits"/> is off.
/// </summary>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock turn = new();
    private readonly List<ManualTimer> timers = [];
    private DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>False: a wait ends when <see cref="Advance"/> reaches its end.</summary>
    public bool JumpsOverWaits { get; init; } = true;

    /// <summary>How far the wall clock was set from its true time; timestamps and waits do not change.</summary>
    public TimeSpan WallStep { get; set; }

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (turn)
            return now + WallStep;
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (turn)
            return now.Ticks;
    }

    /// <summary>Advances the clock and ends the waits that are over then.</summary>
    public void Advance(TimeSpan by)
    {
        List<ManualTimer> due;
        lock (turn)
        {
            now += by;
            due = [.. timers.Where(t => t.Due <= now)];
            timers.RemoveAll(due.Contains);
        }

        foreach (var timer in due)
            timer.Fire();
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Schedule(ManualTimer timer, TimeSpan dueTime)
    {
        lock (turn)
        {
            timers.Remove(timer);
            if (dueTime == Timeout.InfiniteTimeSpan)
                return;
            timer.Due = now + dueTime;
            timers.Add(timer);
        }

        // On another thread: the caller has not stored the timer yet.
        if (JumpsOverWaits)
            ThreadPool.QueueUserWorkItem(_ => AdvanceTo(timer.Due));
    }

    private void AdvanceTo(DateTimeOffset time)
    {
        var missing = time - GetUtcNow();
        Advance(missing > TimeSpan.Zero ? missing : TimeSpan.Zero);
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Schedule(this, dueTime);
            return true;
        }

        public void Dispose() => clock.Schedule(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
