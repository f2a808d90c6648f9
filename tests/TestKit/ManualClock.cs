namespace Cloudlet.TestKit;

/// <summary>
/// A clock that stops until a test advances it. Waits on it end at once: the clock jumps to the end of the wait, unless
/// <see cref="JumpsOverWaits"/> is off.
/// </summary>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock _turn = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

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
        lock (_turn)
            return _now + WallStep;
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_turn)
            return _now.Ticks;
    }

    /// <summary>Advances the clock and ends the waits that are over then.</summary>
    public void Advance(TimeSpan by)
    {
        List<ManualTimer> due;
        lock (_turn)
        {
            _now += by;
            due = [.. _timers.Where(t => t.Due <= _now)];
            _timers.RemoveAll(due.Contains);
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
        lock (_turn)
        {
            _timers.Remove(timer);
            if (dueTime == Timeout.InfiniteTimeSpan)
                return;
            timer.Due = _now + dueTime;
            _timers.Add(timer);
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
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public DateTimeOffset Due { get; set; }

        public void Fire()
        {
            if (_period != Timeout.InfiniteTimeSpan)
                clock.Schedule(this, _period);
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
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
