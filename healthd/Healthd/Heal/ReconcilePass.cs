using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Health;
using Cloudlet.Errors;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;

namespace Cloudlet.Healthd.Heal;

/// <summary>One pass: observe, decide, heal, observe again, report.</summary>
internal sealed class ReconcilePass
{
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(30);

    private readonly HealthHost host;
    private readonly DesiredStateSource source;
    private readonly AlarmTracker alarms;
    private readonly WakeQueue queue;
    private readonly TimeProvider clock;
    private readonly IHealthReports reports;
    private readonly RetryBudget budget;
    private readonly StatusTracker status;
    private readonly HealDecider decider;
    private readonly HealOutcomeRecorder recorder;
    private readonly HealSteps steps = new();
    private IReadOnlyList<WatchedProcess> processes = [];
    private long processesLooked;
    private string? failure;
    private bool isNewState;

    public ReconcilePass(
        HealthHost host,
        HealthSettings settings,
        DesiredStateSource source,
        AlarmTracker alarms,
        WakeQueue queue,
        TimeProvider clock,
        IHealthReports reports
    )
    {
        (this.host, this.source, this.alarms, this.queue, this.clock, this.reports) = (host, source, alarms, queue, clock, reports);
        Healer = host.Healer(clock, Note);
        var kinds = Healer.Kinds;
        budget = new RetryBudget(settings, clock);
        status = new StatusTracker(budget, alarms, clock);
        decider = new HealDecider(host, source, new Policy(settings, budget, kinds), kinds, budget, status, alarms, queue, clock);
        recorder = new HealOutcomeRecorder(kinds, budget, status, alarms, queue, clock);
    }

    /// <summary>Observes and heals a part of the state.</summary>
    public PartialConverger Healer { get; }

    /// <summary>Events so far, for the status.</summary>
    public long Events { get; set; }

    /// <summary>True when the daemon has to exit so that systemd restarts it.</summary>
    public bool StartsAnew { get; private set; }

    /// <summary>True when the service manager has been told that the daemon is ready.</summary>
    public bool IsReady { get; set; }

    /// <summary>
    /// True while the host boots, because systemd is still starting units; and before this unit is ready: units that need links start after
    /// it, so waiting for them would be a deadlock.
    /// </summary>
    public bool UnitsWait => !IsReady || host.Machine.Systemd.SystemState() is "initializing" or "starting";

    /// <summary>Resources that are not as described.</summary>
    public IReadOnlyList<string> NotWell => status.NotWell;

    /// <summary>The desired state was replaced or applied again.</summary>
    public void NewState(bool byApply)
    {
        isNewState = byApply;
        var ids = source.Desired?.Resources.Select(r => r.Id).ToHashSet() ?? [];
        budget.Forget(ids.Contains);
        budget.TryAnew();
        alarms.Forget(ids.Contains);
        status.Describe(source.Desired);
    }

    /// <summary>A source file of a resource changed: what failed before may succeed now.</summary>
    public void SomethingChanged(Trigger trigger, string id)
    {
        if (trigger.Kind == TriggerKind.Path)
            status.Reconsider(id);
    }

    /// <summary>Observes what triggered the daemon, and heals what the policy allows.</summary>
    public async Task PassAsync(WorkBatch batch, CancellationToken ct)
    {
        if (source.IsInOtherHands || source.Desired is not { } desired)
        {
            status.Publish(reports, source, Events);
            return;
        }

        foreach (var id in status.TakeReconsidered())
            budget.TryAnew(id);
        if (batch.Ids is null)
            budget.OneMoreTry();
        foreach (var alarm in alarms.Active)
            if (alarm.Kind == AlarmKind.Obstructed && batch.Ids?.Contains(alarm.Subject) == true)
                budget.OneMoreTry(alarm.Subject);
        if (await LookAsync(desired, batch, ct) is not { } plan)
            return;
        var changes = decider.Judge(plan, Conditions(plan), source.ReadHold());
        if (changes.Count > 0)
            await ActAsync(desired, plan, changes, batch, ct);
        Settle(plan, batch.Ids is null);

        // After the heals: they may have restored what the restart needs. If systemd would not restart the daemon, it keeps running.
        StartsAnew |= decider.WantsToStartAnew && await host.CanStartAgain(ct) && source.MayStartAnew();
        status.Publish(reports, source, Events);
    }

    /// <summary>
    /// A process that is stopped by a signal, or that hangs, causes no event, so processes are polled, at almost no cost.
    /// </summary>
    /// <param name="pause">Minimum time between two polls.</param>
    public void LookAtProcesses(TimeSpan pause)
    {
        if (clock.GetElapsedTime(processesLooked) < pause)
            return;
        processesLooked = clock.GetTimestamp();
        foreach (var process in processes)
            if (status.IsWell(process.Spec.Id) && Healer.Kinds.StallOf(process) is { } because)
                queue.Post([process.Spec.Id], because, processesLooked);
    }

    /// <summary>Null when the whole observation failed: then everything is observed again, with increasing delays.</summary>
    private async Task<Plan?> LookAsync(HostState desired, WorkBatch batch, CancellationToken ct)
    {
        try
        {
            var plan = await Healer.ObserveAndPlanFirstAsync(desired, batch.Ids, ct);
            failure = null;
            return plan;
        }
        catch (CloudletException e)
        {
            var isKnown = failure == e.Message;
            if (!isKnown)
                reports.Note($"the observation failed: {e.Message}");
            failure = e.Message;
            queue.PostAll("the observation failed", clock.GetTimestamp());
            await Task.Delay(isKnown ? AfterFailure : LockPause, clock, ct);
            return null;
        }
    }

    private HealConditions Conditions(Plan plan)
    {
        var isBooting = plan.Changes.Any(c => Healer.Kinds.TraitsOf(c.Spec).WaitsForBoot) && UnitsWait;
        var now = new HealConditions(source.HostNameChanged(isNewState), isBooting, source.AreRestartsReleased())
        {
            IsDescribed = path => source.Desired is { } desired && Healer.Kinds.PathsOf(desired).Contains(path),
        };
        isNewState = false;
        return now;
    }

    private async Task ActAsync(HostState desired, Plan plan, IReadOnlyList<PlannedChange> changes, WorkBatch batch, CancellationToken ct)
    {
        var decided = clock.GetTimestamp();
        var at = clock.GetUtcNow();
        steps.Clear();
        Healed? healed = null;
        try
        {
            healed = await Healer.HealAsync(desired, plan with { Changes = WithRefreshes(plan, changes) }, ct);
        }
        catch (CloudletException e) when (e.CanRetry)
        {
            reports.Note($"not healed yet: {e.Message}");
        }

        if (healed is null)
        {
            // Another run came in between. It triggers a pass when it ends; observe again in any case.
            foreach (var planned in changes)
                queue.PostLater(planned.Id, batch.Because, LockPause);
            return;
        }

        var repaired = clock.GetTimestamp();
        recorder.Enter(changes, steps, healed);
        reports.Healed(
            new HealRecord
            {
                At = at,
                Because = batch.Because,
                DecidedAt = (double)decided / clock.TimestampFrequency,
                Seen = [.. changes.Select(Plain)],
                Done = steps.All,
                DetectionMilliseconds = clock.GetElapsedTime(batch.Since, decided).TotalMilliseconds,
                RepairMilliseconds = clock.GetElapsedTime(decided, repaired).TotalMilliseconds,
                Left = [.. healed.Drift.Changes.Select(Plain)],
                Digest = desired.Digest,
            }
        );
        if (source.AreRestartsReleased())
            source.EndRelease();
    }

    /// <summary>Keeps refreshes of resources that depend on a healed one in the plan.</summary>
    private List<PlannedChange> WithRefreshes(Plan plan, IReadOnlyList<PlannedChange> changes)
    {
        var ids = changes.Select(a => a.Id).ToHashSet();
        return
        [
            .. changes,
            .. plan.Changes.Where(c =>
                c.Action == ChangeAction.Refresh && !Healer.Kinds.TraitsOf(c.Spec).IsCostly && c.Spec.After.Any(ids.Contains)
            ),
        ];
    }

    /// <summary>Follow-up work of a pass besides its heals.</summary>
    private void Settle(Plan plan, bool wasFull)
    {
        Healer.Adopt(plan.Desired.Resources.Where(spec => status.IsWell(spec.Id)));
        foreach (var alarm in alarms.Active)
            if (alarm.Kind == AlarmKind.Flapping)
                queue.PostLater(alarm.Subject, "is it still flapping?", Recheck);
            else if (alarm.Kind == AlarmKind.Obstructed)
                queue.PostLater(alarm.Subject, "is it still in the way?", Recheck); // An unmount causes no event.
        if (status.NotWell.Count == 0)
        {
            if (alarms.Active.Any(a => a.Kind == AlarmKind.MassLoss))
                alarms.Clear(AlarmKind.MassLoss, "host");
        }

        if (wasFull)
            status.FullLook();
        if (plan.Desired.Resources.Any(spec => Healer.Kinds.TraitsOf(spec).IsCostly))
            WatchProcesses();
    }

    private void WatchProcesses()
    {
        processes = Healer.Kinds.ProcessesOf(source.Desired!);
        host.Wakers.WatchProcesses(processes.ToDictionary(p => p.Name, p => p.Pid));
    }

    private void Note(ConvergeEvent happened)
    {
        if (happened is Noticed noticed)
            reports.Note(noticed.Message);
        else
            steps.Add(happened);
    }

    /// <summary>The change for reports, without what is only needed to apply it.</summary>
    private static ResourceChange Plain(PlannedChange change) => new(change.Id, change.Action, change.Properties) { Error = change.Error };
}
