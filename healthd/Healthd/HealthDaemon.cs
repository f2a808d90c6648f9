using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Health;
using Cloudlet.Errors;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;

namespace Cloudlet.Healthd;

/// <summary>
/// Keeps a host in its described state: waits for an event, observes the resources it affects, and heals deviations. It does one thing at
/// a time; events that arrive during a pass are queued and merged.
/// </summary>
public sealed class HealthDaemon : IDisposable
{
    /// <summary>Lets systemd tell a hanging loop from a waiting one: it kills the daemon after 10 s without an answer.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(4);

    /// <summary>Irrelevant events allocate memory too: trim it after this many.</summary>
    private const int ManyEvents = 1000;

    /// <summary>Longer than all attempts of systemd's jobs may take together: a turn that takes longer hangs.</summary>
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMinutes(25);
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Booting = TimeSpan.FromSeconds(1);

    private readonly HealthHost _host;
    private readonly TimeProvider _clock;
    private readonly IHealthReports _reports;
    private readonly Random _chance;
    private readonly HealthSettings _settings;
    private readonly AlarmTracker _alarms;
    private readonly DesiredStateSource _source;
    private readonly WakeQueue _queue;
    private readonly ReconcilePass _healing;
    private TriggerIndex? _triggers;
    private long _nextFullLook;
    private long _events;
    private long _eventsAtRest;
    private long? _workedAt;
    private long _turnBegan;
    private ITimer? _heart;

    /// <summary>Creates the daemon; it neither watches nor observes anything yet.</summary>
    /// <param name="host">The host.</param>
    /// <param name="settings">The daemon's settings.</param>
    /// <param name="clock">Source of time and delays.</param>
    /// <param name="reports">Receives findings and actions.</param>
    /// <param name="chance">Spreads the full checks of many hosts over time.</param>
    public HealthDaemon(HealthHost host, HealthSettings settings, TimeProvider clock, IHealthReports reports, Random chance)
    {
        _host = host;
        _settings = settings;
        _clock = clock;
        _reports = reports;
        _chance = chance;
        _alarms = new AlarmTracker(clock, alarm => reports.Alarmed(alarm, _alarms!.Active));
        _source = new DesiredStateSource(host, _alarms, clock);
        _queue = new WakeQueue(clock);
        _healing = new ReconcilePass(host, settings, _source, _alarms, _queue, clock, reports);
    }

    /// <summary>Restores alarms that were active when an earlier run ended.</summary>
    public void Restore(IEnumerable<Alarm> earlier) => _alarms.Restore(earlier);

    /// <summary>Runs until it is cancelled or must be restarted.</summary>
    /// <param name="ready">Called after the first full check.</param>
    /// <param name="alive">Called at least every <see cref="Heartbeat"/>, also during a slow start of a unit.</param>
    /// <param name="ct">Stops the daemon after the current heal.</param>
    public Task RunAsync(Action ready, Action alive, CancellationToken ct) => Task.Run(() => WorkAsync(ready, alive, ct), ct);

    /// <inheritdoc/>
    public void Dispose()
    {
        _heart?.Dispose();
        _host.Wakers.Dispose();
        _queue.Dispose();
    }

    private async Task WorkAsync(Action ready, Action alive, CancellationToken ct)
    {
        _host.Wakers.Start(Woken, (because, at) => _queue.PostAll(because, at));
        ReloadState(isStart: true);
        StaleTempFiles.Remove(_host, _healing.Healer.Kinds, _source.Desired, _source.Unfinished?.Desired, _source.Unfinished?.Previous);
        await FullLookAsync("start", _clock.GetTimestamp(), ct);
        ready();
        _healing.IsReady = true;
        while (!ct.IsCancellationRequested && !_healing.MustRestart)
        {
            alive();
            if (Take(ct) is var batch && IsWork(batch))
                await AliveWhileAsync(() => TurnAsync(batch, ct), alive);
            else
                RestOnce();
        }
    }

    /// <summary>One turn of the loop, when there is work.</summary>
    internal async Task StepAsync(CancellationToken ct)
    {
        if (Take(ct) is var batch && IsWork(batch))
            await TurnAsync(batch, ct);
    }

    private bool IsWork(WorkBatch? batch)
    {
        _healing.LookAtProcesses(Heartbeat);
        return batch is not null || _clock.GetTimestamp() >= _nextFullLook;
    }

    private async Task TurnAsync(WorkBatch? batch, CancellationToken ct)
    {
        _healing.Events = Interlocked.Read(ref _events);
        if (batch is { Ids: not null } && _clock.GetTimestamp() < _nextFullLook)
            await PassAsync(batch, ct);
        else
            await FullLookAsync(batch?.Because ?? "full look", batch?.Since ?? _clock.GetTimestamp(), ct);
    }

    /// <summary>
    /// Reports from another thread that the daemon is alive: a call to a busy service manager blocks this one, possibly longer than the
    /// watchdog timeout. The work stays on this thread, because to wake another one takes as long as the repair of a file.
    /// </summary>
    private async Task AliveWhileAsync(Func<Task> work, Action alive)
    {
        _turnBegan = _clock.GetTimestamp();
        _heart ??= _clock.CreateTimer(_ => BeatInTurn(alive), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _heart.Change(Heartbeat, Heartbeat);
        try
        {
            await work();
        }
        finally
        {
            _heart.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void BeatInTurn(Action alive)
    {
        if (_clock.GetElapsedTime(_turnBegan) < LongestTurn)
            alive();
    }

    private void RestOnce()
    {
        var now = Interlocked.Read(ref _events);
        if (_workedAt is { } at ? _clock.GetElapsedTime(at) < Heartbeat : now - _eventsAtRest < ManyEvents)
            return;
        (_workedAt, _eventsAtRest) = (null, now);
        _host.Rest();
    }

    private WorkBatch? Take(CancellationToken ct)
    {
        var untilFull = _clock.GetElapsedTime(_clock.GetTimestamp(), _nextFullLook);
        var longest = untilFull < Heartbeat ? untilFull : Heartbeat;
        return _queue.Take(longest > TimeSpan.Zero ? longest : TimeSpan.Zero, ct);
    }

    private async Task PassAsync(WorkBatch batch, CancellationToken ct)
    {
        if (batch.Ids is { } ids && ids.Contains(OwnFiles))
        {
            if (ReloadState(isStart: false) || _source.Unfinished is not null)
            {
                await FullLookAsync("another state", batch.Since, ct);
                return;
            }

            // A hold began or ended, or restarts were released: observe the resources that waited for it.
            batch = batch with
            {
                Ids = [.. ids.Where(id => id != OwnFiles), .. _healing.NotWell],
            };
        }

        await _healing.PassAsync(batch, ct);
        _workedAt = _clock.GetTimestamp();
    }

    private async Task FullLookAsync(string because, long since, CancellationToken ct)
    {
        if (_source.IsApplyInProgress || _source.Desired is null)
            ReloadState(isStart: false);
        if (_host.Wakers.Unwatched.Count > 0)
            Watch(_source.Desired);
        if (_source.Unfinished is not null)
            await FinishAsync(ct);
        var pause = TimeSpan.FromSeconds(_settings.FullLookSeconds * (0.9 + (0.2 * _chance.NextDouble())));
        _nextFullLook = _clock.GetTimestamp() + (long)(pause.TotalSeconds * _clock.TimestampFrequency);
        await _healing.PassAsync(new WorkBatch(null, because, since), ct);
        _workedAt = _clock.GetTimestamp();
    }

    /// <summary>
    /// Finishes an apply that was killed. Resources that the boot's units depend on are applied at once, the rest when units may be
    /// touched.
    /// </summary>
    private async Task FinishAsync(CancellationToken ct)
    {
        var isLater = _healing.UnitsWait;
        try
        {
            if (isLater)
                await _healing.Healer.ResumeAsync(_source.Unfinished!, ct);
            else
                await _host.Converger(_clock, Note).ApplyAsync(_source.Unfinished!.Desired, new Converge.ApplyOptions(), ct);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Busy)
        {
            // The apply is still running; its end triggers a pass.
            _queue.PostLater(OwnFiles, "an apply is under way", Busy);
            return;
        }
        catch (CloudletException e)
        {
            _reports.Note($"the interrupted apply could not be resumed: {e.Message}");
        }

        if (isLater)
            _queue.PostLater(OwnFiles, "an interrupted apply has to be resumed", Booting);
        ReloadState(isStart: false);

        void Note(Converge.Applying.ConvergeEvent happened)
        {
            if (happened is Converge.Applying.Noticed noticed)
                _reports.Note(noticed.Message);
        }
    }

    /// <summary>Reads state and holds, and sets the watches for them.</summary>
    private bool ReloadState(bool isStart)
    {
        var wasApplyInProgress = _source.IsApplyInProgress;
        var isNew = _source.Read() || isStart;
        if (!isNew && _triggers is not null)
            return wasApplyInProgress && !_source.IsApplyInProgress;
        _healing.NewState(isNew && !isStart);
        _triggers = _source.Desired is { } state ? TriggerIndex.Of(state, _healing.Healer.Kinds) : null;
        Watch(_source.Desired);
        return true;
    }

    private void Watch(HostState? state)
    {
        var own = new[] { _host.Paths.Applied, _host.Paths.Journal, _host.Paths.Hold, _host.Paths.Release };
        _host.Wakers.Watch([.. _triggers?.Names(TriggerKind.Path) ?? [], .. own], [.. _triggers?.Names(TriggerKind.Unit) ?? []]);
        if (_host.Wakers.Unwatched is { Count: > 0 } unwatched)
            _alarms.Raise(
                AlarmKind.EventsLimited,
                "host",
                $"{unwatched.Count} paths cannot be watched, including {unwatched.First()}: raise fs.inotify.max_user_watches or "
                    + "max_user_instances; until then a full check every "
                    + $"{_settings.FullLookSeconds} s finds their changes"
            );
        else
            _alarms.Clear(AlarmKind.EventsLimited, "host");
    }

    private void Woken(Trigger trigger, long at)
    {
        Interlocked.Increment(ref _events);
        if (
            trigger.Kind == TriggerKind.Path
            && (
                trigger.Name == _host.Paths.Applied
                || trigger.Name == _host.Paths.Journal
                || trigger.Name == _host.Paths.Hold
                || trigger.Name == _host.Paths.Release
            )
        )
            _queue.Post([OwnFiles], trigger.Name, at);
        if (_triggers is not { } known)
            return;
        foreach (var id in known.Behind(trigger))
        {
            _healing.SomethingChanged(trigger, id);
            if (known.IsPatient(trigger, id))
                _queue.PostPatiently(id, trigger.Name, at);
            else
                _queue.Post([id], trigger.Name, at);
        }
    }

    /// <summary>Represents the daemon's own files in the queue; no resource has this id.</summary>
    private const string OwnFiles = "own files";
}
