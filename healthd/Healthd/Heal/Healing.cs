using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Units;
using Cloudlet.Errors;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;

namespace Cloudlet.Healthd.Heal;

/// <summary>One pass: look, judge, heal, look again, report.</summary>
internal sealed class Healing
{
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(30);

    private readonly HealthHost host;
    private readonly HeldState held;
    private readonly AlarmBook alarms;
    private readonly WakeQueue queue;
    private readonly TimeProvider clock;
    private readonly IHealthReports reports;
    private readonly Ledger ledger;
    private readonly StatusBook status;
    private readonly Judgement judgement;
    private readonly HealAccounts accounts;
    private readonly HealSteps steps = new();
    private List<(UnitSpec Unit, int Pid)> processes = [];
    private long processesLooked;
    private string? failure;
    private bool isNewState;

    public Healing(HealthHost host, HealthSettings settings, HeldState held, AlarmBook alarms, WakeQueue queue, TimeProvider clock, IHealthReports reports)
    {
        (this.host, this.held, this.alarms, this.queue, this.clock, this.reports) = (host, held, alarms, queue, clock, reports);
        ledger = new Ledger(settings, clock);
        status = new StatusBook(ledger, alarms, clock);
        judgement = new Judgement(host, held, new Policy(settings, ledger), ledger, status, alarms, queue, clock);
        accounts = new HealAccounts(ledger, status, alarms, queue, clock);
        Healer = host.Healer(clock, Note);
    }

    /// <summary>The narrowed loop.</summary>
    public Healer Healer { get; }

    /// <summary>Events so far, for the status.</summary>
    public long Events { get; set; }

    /// <summary>True when the daemon has to end, so that systemd starts it anew.</summary>
    public bool StartsAnew => judgement.StartsAnew;

    /// <summary>True when the service manager has been told that the daemon is ready.</summary>
    public bool IsReady { get; set; }

    /// <summary>
    /// True while the host boots, because units are systemd's then; and before this unit is ready, because those that need links start after it: to wait for their start would be to wait for itself.
    /// </summary>
    public bool UnitsWait => !IsReady || host.Machine.Systemd.SystemState() is "initializing" or "starting";

    /// <summary>Resources that are not as described.</summary>
    public IReadOnlyList<string> NotWell => status.NotWell;

    /// <summary>The host is held to another state, or to the same one anew.</summary>
    public void NewState(bool byApply)
    {
        isNewState = byApply;
        var ids = held.Desired?.Resources.Select(r => r.Id).ToHashSet() ?? [];
        ledger.Forget(ids.Contains);
        ledger.TryAnew();
        alarms.Forget(ids.Contains);
        status.Describe(held.Desired);
    }

    /// <summary>A file that a resource is made from changed: what failed before may succeed now.</summary>
    public void SomethingChanged(Wake wake, string id)
    {
        if (wake.Kind == WakeKind.Path)
            status.Reconsider(id);
    }

    /// <summary>Looks at what woke the daemon and heals what may be healed.</summary>
    public async Task PassAsync(Wakening wakening, CancellationToken ct)
    {
        if (held.IsInOtherHands || held.Desired is not { } desired)
        {
            status.Publish(reports, held, Events);
            return;
        }

        foreach (var id in status.TakeReconsidered())
            ledger.TryAnew(id);
        if (wakening.Ids is null)
            ledger.OneMoreTry();
        if (await LookAsync(desired, wakening, ct) is not { } plan)
            return;
        var acts = judgement.Judge(plan, Circumstances(plan));
        if (acts.Count > 0)
            await ActAsync(desired, plan, acts, wakening, ct);
        Settle(plan, wakening.Ids is null);
        status.Publish(reports, held, Events);
    }

    /// <summary>A process that a signal stops, or that hangs, is no event for anybody, so it is asked for, which costs next to nothing.</summary>
    /// <param name="pause">Not more often than this.</param>
    public void LookAtProcesses(TimeSpan pause)
    {
        if (clock.GetElapsedTime(processesLooked) < pause)
            return;
        processesLooked = clock.GetTimestamp();
        foreach (var (unit, pid) in processes)
            if (status.IsWell(unit.Id) && (IsStopped(pid) ?? Hangs(unit, pid)) is { } because)
                queue.Post([unit.Id], because, processesLooked);
    }

    private string? IsStopped(int pid) => host.Machine.Signals?.IsStopped(pid) == true ? "a stopped process" : null;

    private string? Hangs(UnitSpec unit, int pid) =>
        host.Activity is { } activity && activity.IsDue(unit) && activity.Look(unit, pid) != Liveness.Alive ? $"a process that has not run for {unit.HungAfterSeconds} s" : null;

    /// <summary>Null when the look failed, for all of it: then everything is looked at again, soon the first time.</summary>
    private async Task<Plan?> LookAsync(HostState desired, Wakening wakening, CancellationToken ct)
    {
        try
        {
            var plan = await Healer.LookFirstAsync(desired, wakening.Ids, ct);
            failure = null;
            return plan;
        }
        catch (CloudletException e)
        {
            var isKnown = failure == e.Message;
            if (!isKnown)
                reports.Note($"the look failed: {e.Message}");
            failure = e.Message;
            queue.PostAll("the look failed", clock.GetTimestamp());
            await Task.Delay(isKnown ? AfterFailure : LockPause, clock, ct);
            return null;
        }
    }

    private Circumstances Circumstances(Plan plan)
    {
        var now = new Circumstances(held.ReadHold(), held.HostNameChanged(isNewState), plan.Changes.Any(c => c.Spec is UnitSpec) && UnitsWait, held.AreRestartsReleased());
        isNewState = false;
        return now;
    }

    private async Task ActAsync(HostState desired, Plan plan, IReadOnlyList<PlannedChange> acts, Wakening wakening, CancellationToken ct)
    {
        var decided = clock.GetTimestamp();
        var at = clock.GetUtcNow();
        steps.Clear();
        Healed? healed = null;
        try
        {
            healed = await Healer.HealAsync(desired, plan with { Changes = WithRefreshes(plan, acts) }, ct);
        }
        catch (CloudletException e) when (e.CanRetry)
        {
            reports.Note($"not healed yet: {e.Message}");
        }

        if (healed is null)
        {
            // Another run came in between. Its end is an event; so as not to depend on that, look again.
            foreach (var act in acts)
                queue.PostLater(act.Id, wakening.Because, LockPause);
            return;
        }

        var repaired = clock.GetTimestamp();
        accounts.Enter(acts, steps, healed);
        reports.Healed(new HealRecord
        {
            At = at,
            Because = wakening.Because,
            DecidedAt = (double)decided / clock.TimestampFrequency,
            Seen = [.. acts.Select(Plain)],
            Done = steps.All,
            DetectionMilliseconds = clock.GetElapsedTime(wakening.Since, decided).TotalMilliseconds,
            RepairMilliseconds = clock.GetElapsedTime(decided, repaired).TotalMilliseconds,
            Left = [.. healed.Drift.Changes.Select(Plain)],
            Digest = desired.Digest,
        });
        if (held.AreRestartsReleased())
            held.EndRelease();
    }

    /// <summary>What is looked at again because of something that is healed stays in the plan.</summary>
    private static List<PlannedChange> WithRefreshes(Plan plan, IReadOnlyList<PlannedChange> acts)
    {
        var ids = acts.Select(a => a.Id).ToHashSet();
        return [.. acts, .. plan.Changes.Where(c => c.Action == ChangeAction.Refresh && c.Spec is not UnitSpec && c.Spec.After.Any(ids.Contains))];
    }

    /// <summary>What follows from a pass beside its heals.</summary>
    private void Settle(Plan plan, bool wasFull)
    {
        Healer.Adopt(plan.Desired.Resources.Where(spec => status.IsWell(spec.Id)));
        foreach (var alarm in alarms.Active)
            if (alarm.Kind == AlarmKind.Flapping)
                queue.PostLater(alarm.Subject, "is it still flapping?", Recheck);
        if (status.NotWell.Count == 0)
        {
            if (alarms.Active.Any(a => a.Kind == AlarmKind.MassLoss))
                alarms.Clear(AlarmKind.MassLoss, "host");
        }

        if (wasFull)
            status.FullLook();
        if (plan.Desired.Resources.Any(spec => spec is UnitSpec))
            WatchProcesses();
    }

    private void WatchProcesses()
    {
        processes =
        [
            .. held.Desired!.Resources.OfType<UnitSpec>()
                .Where(u => u.Running == true)
                .Select(u => (Unit: u, Pid: host.Machine.Systemd.Get(u.Name).MainPid))
                .Where(u => u.Pid > 0),
        ];
        host.Activity?.Forget(name => processes.Exists(p => p.Unit.Name == name));
        host.Wakers.WatchProcesses(processes.ToDictionary(p => p.Unit.Name, p => p.Pid));
    }

    private void Note(ConvergeEvent happened)
    {
        if (happened is Noticed noticed)
            reports.Note(noticed.Message);
        else
            steps.Add(happened);
    }

    /// <summary>A change without what is only needed to make it.</summary>
    private static ResourceChange Plain(PlannedChange change) => new(change.Id, change.Action, change.Properties) { Error = change.Error };
}
