using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Packages;
using Cloudlet.DesiredState.Units;
using Cloudlet.Errors;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;

namespace Cloudlet.Healthd;

/// <summary>
/// Holds a host to its state: waits for an event, looks at what it concerns, heals what deviates. One thing at a time; whatever comes meanwhile waits in the queue and is looked at once.
/// </summary>
public sealed class HealthDaemon : IDisposable
{
    /// <summary>A loop that hangs must be told from one that waits: the service manager kills one that does not answer for 10 s.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(4);

    /// <summary>Events that concern nobody cost memory too: after so many of them it is worth a rest.</summary>
    private const int ManyEvents = 1000;

    /// <summary>Longer than systemd's jobs are waited for, all attempts together: a turn that is not over then hangs.</summary>
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMinutes(25);
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Booting = TimeSpan.FromSeconds(1);

    private readonly HealthHost host;
    private readonly TimeProvider clock;
    private readonly IHealthReports reports;
    private readonly Random chance;
    private readonly HealthSettings settings;
    private readonly AlarmBook alarms;
    private readonly HeldState held;
    private readonly WakeQueue queue;
    private readonly Healing healing;
    private Concerns? concerns;
    private long nextFullLook;
    private long events;
    private long eventsAtRest;
    private long? workedAt;

    /// <summary>Puts the daemon together; nothing is watched or looked at yet.</summary>
    /// <param name="host">The host.</param>
    /// <param name="settings">How to work.</param>
    /// <param name="clock">Measures and waits.</param>
    /// <param name="reports">Takes what is found and done.</param>
    /// <param name="chance">Spreads the full looks of many hosts.</param>
    public HealthDaemon(HealthHost host, HealthSettings settings, TimeProvider clock, IHealthReports reports, Random chance)
    {
        this.host = host;
        this.settings = settings;
        this.clock = clock;
        this.reports = reports;
        this.chance = chance;
        alarms = new AlarmBook(clock, alarm => reports.Alarmed(alarm, alarms!.Active));
        held = new HeldState(host, alarms, clock);
        queue = new WakeQueue(clock);
        healing = new Healing(host, settings, held, alarms, queue, clock, reports);
    }

    /// <summary>Alarms that were active when an earlier run ended.</summary>
    public void Restore(IEnumerable<Alarm> earlier) => alarms.Restore(earlier);

    /// <summary>Works until it is cancelled, or has to be started anew.</summary>
    /// <param name="ready">Called when everything was looked at once.</param>
    /// <param name="alive">Called at least every <see cref="Heartbeat"/>, also while a unit that is started takes its time.</param>
    /// <param name="ct">Ends the work, after the heal under way.</param>
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
        LeftOvers.Remove(host, held.Desired, held.Unfinished?.Desired, held.Unfinished?.Previous);
        await FullLookAsync("start", clock.GetTimestamp(), ct);
        ready();
        healing.IsReady = true;
        while (!ct.IsCancellationRequested && !healing.StartsAnew)
        {
            alive();
            if (Take(ct) is var wakening && IsWork(wakening))
                await AliveWhileAsync(() => TurnAsync(wakening, ct), alive);
            else
                RestOnce();
        }
    }

    /// <summary>One turn of the loop, when there is something to do.</summary>
    internal async Task StepAsync(CancellationToken ct)
    {
        if (Take(ct) is var wakening && IsWork(wakening))
            await TurnAsync(wakening, ct);
    }

    private bool IsWork(Wakening? wakening)
    {
        healing.LookAtProcesses(Heartbeat);
        return wakening is not null || clock.GetTimestamp() >= nextFullLook;
    }

    private async Task TurnAsync(Wakening? wakening, CancellationToken ct)
    {
        healing.Events = Interlocked.Read(ref events);
        if (wakening is { Ids: not null } && clock.GetTimestamp() < nextFullLook)
            await PassAsync(wakening, ct);
        else
            await FullLookAsync(wakening?.Because ?? "full look", wakening?.Since ?? clock.GetTimestamp(), ct);
    }

    /// <summary>The work is on another thread: a call to a service manager that is busy may take longer than the watchdog waits, and blocks.</summary>
    private async Task AliveWhileAsync(Func<Task> work, Action alive)
    {
        var began = clock.GetTimestamp();
        var turn = Task.Run(work);
        while (!turn.IsCompleted && clock.GetElapsedTime(began) < LongestTurn && await Task.WhenAny(turn, Task.Delay(Heartbeat, clock)) != turn)
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

    private Wakening? Take(CancellationToken ct)
    {
        var untilFull = clock.GetElapsedTime(clock.GetTimestamp(), nextFullLook);
        var longest = untilFull < Heartbeat ? untilFull : Heartbeat;
        return queue.Take(longest > TimeSpan.Zero ? longest : TimeSpan.Zero, ct);
    }

    private async Task PassAsync(Wakening wakening, CancellationToken ct)
    {
        if (wakening.Ids is { } ids && ids.Contains(OwnFiles))
        {
            if (Adopt(isStart: false) || held.Unfinished is not null)
            {
                await FullLookAsync("another state", wakening.Since, ct);
                return;
            }

            // A hold that began or ended, a release: what waits for that is looked at.
            wakening = wakening with { Ids = [.. ids.Where(id => id != OwnFiles), .. healing.NotWell] };
        }

        await healing.PassAsync(wakening, ct);
        workedAt = clock.GetTimestamp();
    }

    private async Task FullLookAsync(string because, long since, CancellationToken ct)
    {
        if (held.IsInOtherHands || held.Desired is null)
            Adopt(isStart: false);
        if (host.Wakers.Unwatched.Count > 0)
            Watch(held.Desired);
        if (held.Unfinished is not null)
            await FinishAsync(ct);
        var pause = TimeSpan.FromSeconds(settings.FullLookSeconds * (0.9 + (0.2 * chance.NextDouble())));
        nextFullLook = clock.GetTimestamp() + (long)(pause.TotalSeconds * clock.TimestampFrequency);
        await healing.PassAsync(new Wakening(null, because, since), ct);
        workedAt = clock.GetTimestamp();
    }

    /// <summary>An apply that was killed is finished: what it was doing is what somebody wants. What units have to wait for is done at once, the rest when units may be touched.</summary>
    private async Task FinishAsync(CancellationToken ct)
    {
        var isLater = healing.UnitsWait;
        try
        {
            if (isLater)
                await healing.Healer.ResumeAsync(held.Unfinished!, spec => spec is UnitSpec or PackageSpec, ct);
            else
                await host.Converger(clock, Note).ApplyAsync(held.Unfinished!.Desired, new Converge.ApplyOptions(), ct);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Busy)
        {
            // It was not killed but is at work: its end is an event.
            queue.PostLater(OwnFiles, "an apply is under way", Busy);
            return;
        }
        catch (CloudletException e)
        {
            reports.Note($"the apply could not be finished: {e.Message}");
        }

        if (isLater)
            queue.PostLater(OwnFiles, "an apply is to be finished", Booting);
        Adopt(isStart: false);

        void Note(Converge.Applying.ConvergeEvent happened)
        {
            if (happened is Converge.Applying.Noticed noticed)
                reports.Note(noticed.Message);
        }
    }

    /// <summary>Reads state and holds, and watches what they name.</summary>
    private bool Adopt(bool isStart)
    {
        var wasInOtherHands = held.IsInOtherHands;
        var isNew = held.Read() || isStart;
        if (!isNew && concerns is not null)
            return wasInOtherHands && !held.IsInOtherHands;
        healing.NewState(isNew && !isStart);
        concerns = held.Desired is { } state ? Concerns.Of(state, healing.Healer) : null;
        Watch(held.Desired);
        return true;
    }

    private void Watch(HostState? state)
    {
        var own = new[] { host.Paths.Applied, host.Paths.Journal, host.Paths.Hold, host.Paths.Release };
        host.Wakers.Watch([.. concerns?.Names(WakeKind.Path) ?? [], .. own], [.. state?.Resources.OfType<UnitSpec>().Select(u => u.Name) ?? []]);
        if (host.Wakers.Unwatched is { Count: > 0 } unwatched)
            alarms.Raise(
                AlarmKind.EventsLimited, "host", $"{unwatched.Count} paths cannot be watched, {unwatched.First()} among them: raise fs.inotify.max_user_watches or max_user_instances; until then a full look every {settings.FullLookSeconds} s finds what happens to them");
        else
            alarms.Clear(AlarmKind.EventsLimited, "host");
    }

    private void Woken(Wake wake, long at)
    {
        Interlocked.Increment(ref events);
        if (wake.Kind == WakeKind.Path && (wake.Name == host.Paths.Applied || wake.Name == host.Paths.Journal || wake.Name == host.Paths.Hold || wake.Name == host.Paths.Release))
            queue.Post([OwnFiles], wake.Name, at);
        if (concerns is not { } known)
            return;
        foreach (var id in known.Behind(wake))
        {
            healing.SomethingChanged(wake, id);
            if (Concerns.IsPatient(wake, id))
                queue.PostPatiently(id, wake.Name, at);
            else
                queue.Post([id], wake.Name, at);
        }
    }

    /// <summary>Stands for the daemon's own files in the queue; no resource has such an id.</summary>
    private const string OwnFiles = "own files";
}
