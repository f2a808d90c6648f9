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

    private readonly HealthHost host;
    private readonly TimeProvider clock;
    private readonly IHealthReports reports;
    private readonly Random chance;
    private readonly HealthSettings settings;
    private readonly AlarmTracker alarms;
    private readonly DesiredStateSource source;
    private readonly WakeQueue queue;
    private readonly ReconcilePass healing;
    private TriggerIndex? triggers;
    private long nextFullLook;
    private long events;
    private long eventsAtRest;
    private long? workedAt;

    /// <summary>Creates the daemon; it neither watches nor observes anything yet.</summary>
    /// <param name="host">The host.</param>
    /// <param name="settings">The daemon's settings.</param>
    /// <param name="clock">Source of time and delays.</param>
    /// <param name="reports">Receives findings and actions.</param>
    /// <param name="chance">Spreads the full checks of many hosts over time.</param>
    public HealthDaemon(HealthHost host, HealthSettings settings, TimeProvider clock, IHealthReports reports, Random chance)
    {
        this.host = host;
        this.settings = settings;
        this.clock = clock;
        this.reports = reports;
        this.chance = chance;
        alarms = new AlarmTracker(clock, alarm => reports.Alarmed(alarm, alarms!.Active));
        source = new DesiredStateSource(host, alarms, clock);
        queue = new WakeQueue(clock);
        healing = new ReconcilePass(host, settings, source, alarms, queue, clock, reports);
    }

    /// <summary>Restores alarms that were active when an earlier run ended.</summary>
    public void Restore(IEnumerable<Alarm> earlier) => alarms.Restore(earlier);

    /// <summary>Runs until it is cancelled or must be restarted.</summary>
    /// <param name="ready">Called after the first full check.</param>
    /// <param name="alive">Called at least every <see cref="Heartbeat"/>, also during a slow start of a unit.</param>
    /// <param name="ct">Stops the daemon after the current heal.</param>
    public Task RunAsync(Action ready, Action alive, CancellationToken ct) => Task.Run(() => WorkAsync(ready, alive, ct), ct);

    /// <inheritdoc/>
    public void Dispose()
    {
        host.Wakers.Dispose();
        queue.Dispose();
    }

    private async Task WorkAsync(Action ready, Action alive, CancellationToken ct)
    {
        host.Wakers.Start(Woken, (because, at) => queue.PostAll(because, at));
        Adopt(isStart: true);
        StaleTempFiles.Remove(host, healing.Healer.Kinds, source.Desired, source.Unfinished?.Desired, source.Unfinished?.Previous);
        await FullLookAsync("start", clock.GetTimestamp(), ct);
        ready();
        healing.IsReady = true;
        while (!ct.IsCancellationRequested && !healing.StartsAnew)
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
        healing.LookAtProcesses(Heartbeat);
        return batch is not null || clock.GetTimestamp() >= nextFullLook;
    }

    private async Task TurnAsync(WorkBatch? batch, CancellationToken ct)
    {
        healing.Events = Interlocked.Read(ref events);
        if (batch is { Ids: not null } && clock.GetTimestamp() < nextFullLook)
            await PassAsync(batch, ct);
        else
            await FullLookAsync(batch?.Because ?? "full look", batch?.Since ?? clock.GetTimestamp(), ct);
    }

    /// <summary>
    /// Runs the work on another thread: a call to a busy service manager blocks, possibly longer than the watchdog timeout.
    /// </summary>
    private async Task AliveWhileAsync(Func<Task> work, Action alive)
    {
        var began = clock.GetTimestamp();
        var turn = Task.Run(work);
        while (
            !turn.IsCompleted && clock.GetElapsedTime(began) < LongestTurn && await Task.WhenAny(turn, Task.Delay(Heartbeat, clock)) != turn
        )
            alive();
        await turn;
    }

    private void RestOnce()
    {
        var now = Interlocked.Read(ref events);
        if (workedAt is { } at ? clock.GetElapsedTime(at) < Heartbeat : now - eventsAtRest < ManyEvents)
            return;
        (workedAt, eventsAtRest) = (null, now);
        host.Rest();
    }

    private WorkBatch? Take(CancellationToken ct)
    {
        var untilFull = clock.GetElapsedTime(clock.GetTimestamp(), nextFullLook);
        var longest = untilFull < Heartbeat ? untilFull : Heartbeat;
        return queue.Take(longest > TimeSpan.Zero ? longest : TimeSpan.Zero, ct);
    }

    private async Task PassAsync(WorkBatch batch, CancellationToken ct)
    {
        if (batch.Ids is { } ids && ids.Contains(OwnFiles))
        {
            if (Adopt(isStart: false) || source.Unfinished is not null)
            {
                await FullLookAsync("another state", batch.Since, ct);
                return;
            }

            // A hold began or ended, or restarts were released: observe the resources that waited for it.
            batch = batch with
            {
                Ids = [.. ids.Where(id => id != OwnFiles), .. healing.NotWell],
            };
        }

        await healing.PassAsync(batch, ct);
        workedAt = clock.GetTimestamp();
    }

    private async Task FullLookAsync(string because, long since, CancellationToken ct)
    {
        if (source.IsInOtherHands || source.Desired is null)
            Adopt(isStart: false);
        if (host.Wakers.Unwatched.Count > 0)
            Watch(source.Desired);
        if (source.Unfinished is not null)
            await FinishAsync(ct);
        var pause = TimeSpan.FromSeconds(settings.FullLookSeconds * (0.9 + (0.2 * chance.NextDouble())));
        nextFullLook = clock.GetTimestamp() + (long)(pause.TotalSeconds * clock.TimestampFrequency);
        await healing.PassAsync(new WorkBatch(null, because, since), ct);
        workedAt = clock.GetTimestamp();
    }

    /// <summary>
    /// Finishes an apply that was killed. Resources that the boot's units depend on are applied at once, the rest when units may be
    /// touched.
    /// </summary>
    private async Task FinishAsync(CancellationToken ct)
    {
        var isLater = healing.UnitsWait;
        try
        {
            if (isLater)
                await healing.Healer.ResumeAsync(source.Unfinished!, ct);
            else
                await host.Converger(clock, Note).ApplyAsync(source.Unfinished!.Desired, new Converge.ApplyOptions(), ct);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Busy)
        {
            // The apply is still running; its end triggers a pass.
            queue.PostLater(OwnFiles, "an apply is under way", Busy);
            return;
        }
        catch (CloudletException e)
        {
            reports.Note($"the interrupted apply could not be resumed: {e.Message}");
        }

        if (isLater)
            queue.PostLater(OwnFiles, "an interrupted apply has to be resumed", Booting);
        Adopt(isStart: false);

        void Note(Converge.Applying.ConvergeEvent happened)
        {
            if (happened is Converge.Applying.Noticed noticed)
                reports.Note(noticed.Message);
        }
    }

    /// <summary>Reads state and holds, and sets the watches for them.</summary>
    private bool Adopt(bool isStart)
    {
        var wasInOtherHands = source.IsInOtherHands;
        var isNew = source.Read() || isStart;
        if (!isNew && triggers is not null)
            return wasInOtherHands && !source.IsInOtherHands;
        healing.NewState(isNew && !isStart);
        triggers = source.Desired is { } state ? TriggerIndex.Of(state, healing.Healer.Kinds) : null;
        Watch(source.Desired);
        return true;
    }

    private void Watch(HostState? state)
    {
        var own = new[] { host.Paths.Applied, host.Paths.Journal, host.Paths.Hold, host.Paths.Release };
        host.Wakers.Watch([.. triggers?.Names(TriggerKind.Path) ?? [], .. own], [.. triggers?.Names(TriggerKind.Unit) ?? []]);
        if (host.Wakers.Unwatched is { Count: > 0 } unwatched)
            alarms.Raise(
                AlarmKind.EventsLimited,
                "host",
                $"{unwatched.Count} paths cannot be watched, including {unwatched.First()}: raise fs.inotify.max_user_watches or "
                    + "max_user_instances; until then a full check every "
                    + $"{settings.FullLookSeconds} s finds their changes"
            );
        else
            alarms.Clear(AlarmKind.EventsLimited, "host");
    }

    private void Woken(Trigger trigger, long at)
    {
        Interlocked.Increment(ref events);
        if (
            trigger.Kind == TriggerKind.Path
            && (
                trigger.Name == host.Paths.Applied
                || trigger.Name == host.Paths.Journal
                || trigger.Name == host.Paths.Hold
                || trigger.Name == host.Paths.Release
            )
        )
            queue.Post([OwnFiles], trigger.Name, at);
        if (triggers is not { } known)
            return;
        foreach (var id in known.Behind(trigger))
        {
            healing.SomethingChanged(trigger, id);
            if (known.IsPatient(trigger, id))
                queue.PostPatiently(id, trigger.Name, at);
            else
                queue.Post([id], trigger.Name, at);
        }
    }

    /// <summary>Represents the daemon's own files in the queue; no resource has this id.</summary>
    private const string OwnFiles = "own files";
}
