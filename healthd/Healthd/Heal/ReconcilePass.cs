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

    private readonly HealthHost _host;
    private readonly DesiredStateSource _source;
    private readonly AlarmTracker _alarms;
    private readonly WakeQueue _queue;
    private readonly TimeProvider _clock;
    private readonly IHealthReports _reports;
    private readonly RetryBudget _budget;
    private readonly StatusTracker _status;
    private readonly HealDecider _decider;
    private readonly HealOutcomeRecorder _recorder;
    private readonly HealSteps _steps = new();
    private IReadOnlyList<WatchedProcess> _processes = [];
    private long _processesLooked;
    private string? _failure;
    private bool _isNewState;

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
        (_host, _source, _alarms, _queue, _clock, _reports) = (host, source, alarms, queue, clock, reports);
        Healer = host.Healer(clock, Note);
        var kinds = Healer.Kinds;
        _budget = new RetryBudget(settings, clock);
        _status = new StatusTracker(_budget, alarms, clock);
        _decider = new HealDecider(host, source, new Policy(settings, _budget, kinds), kinds, _budget, _status, alarms, queue, clock);
        _recorder = new HealOutcomeRecorder(kinds, _budget, _status, alarms, queue, clock);
    }

    /// <summary>Observes and heals a part of the state.</summary>
    public PartialConverger Healer { get; }

    /// <summary>Events so far, for the status.</summary>
    public long Events { get; set; }

    /// <summary>True when the daemon has to exit so that systemd restarts it.</summary>
    public bool MustRestart { get; private set; }

    /// <summary>True when the service manager has been told that the daemon is ready.</summary>
    public bool IsReady { get; set; }

    /// <summary>
    /// True while the host boots, because systemd is still starting units; and before this unit is ready: units that need links start after
    /// it, so waiting for them would be a deadlock.
    /// </summary>
    public bool UnitsWait => !IsReady || _host.Machine.Systemd.SystemState() is "initializing" or "starting";

    /// <summary>Resources that are not as described.</summary>
    public IReadOnlyList<string> NotWell => _status.NotWell;

    /// <summary>The desired state was replaced or applied again.</summary>
    public void NewState(bool byApply)
    {
        _isNewState = byApply;
        var ids = _source.Desired?.Resources.Select(r => r.Id).ToHashSet() ?? [];
        _budget.Forget(ids.Contains);
        _budget.AllowRetries();
        _alarms.Forget(ids.Contains);
        _status.Describe(_source.Desired);
    }

    /// <summary>A source file of a resource changed: what failed before may succeed now.</summary>
    public void SomethingChanged(Trigger trigger, string id)
    {
        if (trigger.Kind == TriggerKind.Path)
            _status.Reconsider(id);
    }

    /// <summary>Observes what triggered the daemon, and heals what the policy allows.</summary>
    public async Task PassAsync(WorkBatch batch, CancellationToken ct)
    {
        if (_source.IsApplyInProgress || _source.Desired is not { } desired)
        {
            _status.Publish(_reports, _source, Events);
            return;
        }

        foreach (var id in _status.TakeReconsidered())
            _budget.AllowRetry(id);
        if (batch.Ids is null)
            _budget.OneMoreTry();
        foreach (var alarm in _alarms.Active)
            if (alarm.Kind == AlarmKind.Obstructed && batch.Ids?.Contains(alarm.Subject) == true)
                _budget.OneMoreTry(alarm.Subject);
        if (await LookAsync(desired, batch, ct) is not { } plan)
            return;
        var changes = _decider.Judge(plan, Conditions(plan), _source.ReadHold());
        if (changes.Count > 0)
            await ActAsync(desired, plan, changes, batch, ct);
        Settle(plan, batch.Ids is null);

        // After the heals: they may have restored what the restart needs. If systemd would not restart the daemon, it keeps running.
        MustRestart |= _decider.WantsRestart && await _host.CanStartAgain(ct) && _source.MayRestart();
        _status.Publish(_reports, _source, Events);
    }

    /// <summary>
    /// A process that is stopped by a signal, or that hangs, causes no event, so processes are polled, at almost no cost.
    /// </summary>
    /// <param name="pause">Minimum time between two polls.</param>
    public void LookAtProcesses(TimeSpan pause)
    {
        if (_clock.GetElapsedTime(_processesLooked) < pause)
            return;
        _processesLooked = _clock.GetTimestamp();
        foreach (var process in _processes)
            if (_status.IsWell(process.Spec.Id) && Healer.Kinds.StallOf(process) is { } because)
                _queue.Post([process.Spec.Id], because, _processesLooked);
    }

    /// <summary>Null when the whole observation failed: then everything is observed again, with increasing delays.</summary>
    private async Task<Plan?> LookAsync(HostState desired, WorkBatch batch, CancellationToken ct)
    {
        try
        {
            var plan = await Healer.ObserveAndPlanFirstAsync(desired, batch.Ids, ct);
            _failure = null;
            return plan;
        }
        catch (CloudletException e)
        {
            var isKnown = _failure == e.Message;
            if (!isKnown)
                _reports.Note($"the observation failed: {e.Message}");
            _failure = e.Message;
            _queue.PostAll("the observation failed", _clock.GetTimestamp());
            await Task.Delay(isKnown ? AfterFailure : LockPause, _clock, ct);
            return null;
        }
    }

    private HealConditions Conditions(Plan plan)
    {
        var isBooting = plan.Changes.Any(c => Healer.Kinds.TraitsOf(c.Spec).WaitsForBoot) && UnitsWait;
        var now = new HealConditions(_source.HostNameChanged(_isNewState), isBooting, _source.AreRestartsReleased())
        {
            IsDescribed = path => _source.Desired is { } desired && Healer.Kinds.PathsOf(desired).Contains(path),
        };
        _isNewState = false;
        return now;
    }

    private async Task ActAsync(HostState desired, Plan plan, IReadOnlyList<PlannedChange> changes, WorkBatch batch, CancellationToken ct)
    {
        var decided = _clock.GetTimestamp();
        var at = _clock.GetUtcNow();
        _steps.Clear();
        Healed? healed = null;
        try
        {
            healed = await Healer.HealAsync(desired, plan with { Changes = WithRefreshes(plan, changes) }, ct);
        }
        catch (CloudletException e) when (e.CanRetry)
        {
            _reports.Note($"not healed yet: {e.Message}");
        }

        if (healed is null)
        {
            // Another run came in between. It triggers a pass when it ends; observe again in any case.
            foreach (var planned in changes)
                _queue.PostLater(planned.Id, batch.Because, LockPause);
            return;
        }

        var repaired = _clock.GetTimestamp();
        _recorder.Enter(changes, _steps, healed);
        _reports.Healed(
            new HealRecord
            {
                At = at,
                Because = batch.Because,
                DecidedAt = (double)decided / _clock.TimestampFrequency,
                Seen = [.. changes.Select(Plain)],
                Done = _steps.All,
                DetectionMilliseconds = _clock.GetElapsedTime(batch.Since, decided).TotalMilliseconds,
                RepairMilliseconds = _clock.GetElapsedTime(decided, repaired).TotalMilliseconds,
                Left = [.. healed.Drift.Changes.Select(Plain)],
                Digest = desired.Digest,
            }
        );
        if (_source.AreRestartsReleased())
            _source.EndRelease();
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
        Healer.RecordConverged(plan.Desired.Resources.Where(spec => _status.IsWell(spec.Id)));
        foreach (var alarm in _alarms.Active)
            if (alarm.Kind == AlarmKind.Flapping)
                _queue.PostLater(alarm.Subject, "is it still flapping?", Recheck);
            else if (alarm.Kind == AlarmKind.Obstructed)
                _queue.PostLater(alarm.Subject, "is it still in the way?", Recheck); // An unmount causes no event.
        if (_status.NotWell.Count == 0)
        {
            if (_alarms.Active.Any(a => a.Kind == AlarmKind.MassLoss))
                _alarms.Clear(AlarmKind.MassLoss, "host");
        }

        if (wasFull)
            _status.FullLook();
        if (plan.Desired.Resources.Any(spec => Healer.Kinds.TraitsOf(spec).IsCostly))
            WatchProcesses();
    }

    private void WatchProcesses()
    {
        _processes = Healer.Kinds.ProcessesOf(_source.Desired!);
        _host.Wakers.WatchProcesses(_processes.ToDictionary(p => p.Name, p => p.Pid));
    }

    private void Note(ConvergeEvent happened)
    {
        if (happened is Noticed noticed)
            _reports.Note(noticed.Message);
        else
            _steps.Add(happened);
    }

    /// <summary>The change for reports, without what is only needed to apply it.</summary>
    private static ResourceChange Plain(PlannedChange change) => new(change.Id, change.Action, change.Properties) { Error = change.Error };
}
