using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Units;
using Cloudlet.Errors;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;

namespace Cloudlet.Healthd.Heal;

/// <summary>One pass: look, judge, heal, look again, report.</summary>
internal sealed class Healing
{
    /// <summary>So many resources lost at once are one incident, and a person should know of it.</summary>
    private const int Many = 10;

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AfterHold = TimeSpan.FromSeconds(1);

    private readonly HealthHost host;
    private readonly HeldState held;
    private readonly AlarmBook alarms;
    private readonly WakeQueue queue;
    private readonly TimeProvider clock;
    private readonly IHealthReports reports;
    private readonly Ledger ledger;
    private readonly Policy policy;
    private readonly StatusBook status;
    private readonly Dictionary<string, HealStep> steps = [];
    private readonly Dictionary<string, ErrorKind> errors = [];
    private Dictionary<string, int> processes = [];
    private long processesLooked;
    private bool isNewState;

    public Healing(HealthHost host, HealthSettings settings, HeldState held, AlarmBook alarms, WakeQueue queue, TimeProvider clock, IHealthReports reports)
    {
        (this.host, this.held, this.alarms, this.queue, this.clock, this.reports) = (host, held, alarms, queue, clock, reports);
        ledger = new Ledger(settings, clock);
        policy = new Policy(settings, ledger);
        status = new StatusBook(ledger, alarms, clock);
        Healer = host.Healer(clock, Note);
    }

    /// <summary>The narrowed loop.</summary>
    public Healer Healer { get; }

    /// <summary>Events so far, for the status.</summary>
    public long Events { get; set; }

    /// <summary>True when the daemon has to end, so that systemd starts it anew.</summary>
    public bool StartsAnew { get; private set; }

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
        Plan plan;
        try
        {
            plan = await Healer.LookFirstAsync(desired, wakening.Ids, ct);
        }
        catch (CloudletException e)
        {
            reports.Note($"the look failed: {e.Message}");
            queue.PostAll("the look failed", clock.GetTimestamp());
            await Task.Delay(LockPause, clock, ct);
            return;
        }

        var acts = Judge(plan);
        if (acts.Count > 0)
            await ActAsync(desired, plan, acts, wakening, ct);
        Settle(plan, wakening.Ids is null);
        status.Publish(reports, held, Events);
    }

    /// <summary>A process that a signal stops is no event for anybody, so its state is asked for, which costs next to nothing.</summary>
    /// <param name="pause">Not more often than this.</param>
    public void LookAtProcesses(TimeSpan pause)
    {
        if (host.Machine.Signals is not { } signals || clock.GetElapsedTime(processesLooked) < pause)
            return;
        processesLooked = clock.GetTimestamp();
        foreach (var (unit, pid) in processes)
            if (UnitSpec.IdOf(unit) is var id && status.IsWell(id) && signals.IsStopped(pid))
                queue.Post([id], "a stopped process", processesLooked);
    }

    private List<PlannedChange> Judge(Plan plan)
    {
        var now = new Circumstances(held.ReadHold(), held.HostNameChanged(isNewState), plan.Changes.Any(c => c.Spec is UnitSpec) && UnitsWait, held.AreRestartsReleased());
        isNewState = false;
        var acts = new List<PlannedChange>();
        var deviating = new HashSet<string>();
        foreach (var change in plan.Changes)
        {
            if (change.Action == ChangeAction.Refresh)
                continue;
            deviating.Add(change.Id);
            if (IsStart(change) && ledger.Relapsed(change.Id) && ledger[change.Id].GivenUp)
                alarms.Raise(AlarmKind.GaveUp, change.Id, $"it ended soon after each of {ledger[change.Id].Failures} starts in a row; see `journalctl -u {((UnitSpec)change.Spec).Name}`");
            var verdict = change.Error is { } error ? Unseen(change, error) : policy.Judge(change, now, host.Machine.Systemd.Get);
            status.Deviates(change, verdict);
            if (verdict == Verdict.Act)
                Act(change);
            StartsAnew |= verdict.StartsAnew && held.MayStartAnew();
            if (verdict.Alarm is { } alarm)
                alarms.Raise(alarm, change.Id, verdict.Because!);
            if ((verdict.LookAgain ?? ledger.PauseOf(change.Id)) is { } pause)
                queue.PostLater(change.Id, "retry", pause);
            else if (now.Hold is { } hold)
                queue.PostLater(change.Id, "the hold has ended", hold.Expires - clock.GetUtcNow() + AfterHold);
        }

        foreach (var spec in plan.Desired.Resources)
            if (!deviating.Contains(spec.Id))
                Well(spec);
        return acts;

        void Act(PlannedChange change)
        {
            // Whatever an operator had decided about it does not hold any more.
            alarms.Clear(AlarmKind.OperatorDisabled, change.Id);
            alarms.Clear(AlarmKind.OperatorMasked, change.Id);
            alarms.Clear(AlarmKind.HostNameChanged, change.Id);
            acts.Add(change);
        }
    }

    private static bool IsStart(PlannedChange change) => change.Spec is UnitSpec { Running: true } && change.Properties.Any(p => p.Path == "running");

    /// <summary>What cannot be observed cannot be judged: it is looked at again, less and less often.</summary>
    private Verdict Unseen(PlannedChange change, string error)
    {
        if (ledger.Ask(change.Id) == Allowance.Now)
            ledger.Failed(change.Id, forGood: false);
        return new Verdict(ResourceState.Waiting, error);
    }

    private async Task ActAsync(HostState desired, Plan plan, List<PlannedChange> acts, Wakening wakening, CancellationToken ct)
    {
        var decided = clock.GetTimestamp();
        var at = clock.GetUtcNow();
        steps.Clear();
        errors.Clear();
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
        Account(acts, healed);
        reports.Healed(new HealRecord
        {
            At = at,
            Because = wakening.Because,
            DecidedAt = (double)decided / clock.TimestampFrequency,
            Seen = [.. acts.Select(Plain)],
            Done = [.. steps.Values],
            DetectionMilliseconds = clock.GetElapsedTime(wakening.Since, decided).TotalMilliseconds,
            RepairMilliseconds = clock.GetElapsedTime(decided, repaired).TotalMilliseconds,
            Left = [.. healed.Drift.Changes.Select(Plain)],
            Digest = desired.Digest,
        });
        if (held.AreRestartsReleased())
            held.EndRelease();
    }

    /// <summary>What is looked at again because of something that is healed stays in the plan.</summary>
    private static List<PlannedChange> WithRefreshes(Plan plan, List<PlannedChange> acts)
    {
        var ids = acts.Select(a => a.Id).ToHashSet();
        return [.. acts, .. plan.Changes.Where(c => c.Action == ChangeAction.Refresh && c.Spec is not UnitSpec && c.Spec.After.Any(ids.Contains))];
    }

    private void Account(List<PlannedChange> acts, Healed healed)
    {
        var left = healed.Drift.Changes.Where(c => c.Action != ChangeAction.Refresh).Select(c => c.Id).ToHashSet();
        foreach (var act in acts)
        {
            if (!left.Contains(act.Id))
            {
                ledger.Succeeded(act.Id, isOnProbation: IsStart(act));
                status.Healed(act.Id);
                alarms.ClearAbout(act.Id, AlarmKind.Flapping);
                continue;
            }

            Failed(act.Id);
        }

        if (acts.Count >= Many)
            alarms.Raise(AlarmKind.MassLoss, "host", $"{acts.Count} resources were not as described at once, {acts[0].Id} among them");
        status.Count(acts.Count - left.Count(id => acts.Exists(a => a.Id == id)), left.Count);
        foreach (var change in healed.Drift.Changes.Where(c => !acts.Exists(a => a.Id == c.Id)))
            queue.Post([change.Id], "disturbed by a heal", clock.GetTimestamp());
    }

    private void Failed(string id)
    {
        var kind = errors.TryGetValue(id, out var error) ? error : (ErrorKind?)null;
        ledger.Failed(id, forGood: kind is ErrorKind.InvalidInput or ErrorKind.DriverMissing or ErrorKind.Unsupported);
        var message = steps.TryGetValue(id, out var step) && step.Error is { } text ? text : "it was changed, and is not as described all the same";
        status.Failed(id, message);
        AlarmKind? alarm = kind switch
        {
            ErrorKind.DriverMissing => AlarmKind.DriverMissing,
            ErrorKind.NoSpace or ErrorKind.ReadOnly => AlarmKind.Disk,
            ErrorKind.InvalidInput when id.StartsWith(UnitSpec.IdOf(""), StringComparison.Ordinal) => AlarmKind.ConfigurationBroken,
            _ => ledger[id].GivenUp ? AlarmKind.GaveUp : null,
        };
        if (alarm is { } raised)
            alarms.Raise(raised, id, message);
        if (ledger.PauseOf(id) is { } pause)
            queue.PostLater(id, "retry", pause);
    }

    private void Well(ResourceSpec spec)
    {
        ledger.Well(spec.Id);
        status.Well(spec.Id);
        if (spec.Id == UnitSpec.IdOf(HealthCompiler.Unit))
            held.StartedAnew();
        if (ledger.HasRecovered(spec.Id))
            alarms.ClearAbout(spec.Id);
        else
            alarms.ClearAbout(spec.Id, AlarmKind.Flapping);
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
            host.Wakers.WatchProcesses(processes = Processes());
    }

    private Dictionary<string, int> Processes() => held.Desired!.Resources.OfType<UnitSpec>()
        .Where(u => u.Running == true)
        .Select(u => host.Machine.Systemd.Get(u.Name))
        .Where(u => u.MainPid > 0)
        .ToDictionary(u => u.Name, u => u.MainPid);

    private void Note(ConvergeEvent happened)
    {
        lock (steps)
        {
            switch (happened)
            {
                case ChangeDone done:
                    steps[done.Id] = new HealStep(done.Id, done.Action, done.Milliseconds, null);
                    break;
                case ChangeFailed failed:
                    steps[failed.Id] = new HealStep(failed.Id, failed.Action, 0, failed.Message);
                    errors[failed.Id] = failed.Kind;
                    break;
                case Noticed noticed:
                    reports.Note(noticed.Message);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>A change without what is only needed to make it.</summary>
    private static ResourceChange Plain(PlannedChange change) => new(change.Id, change.Action, change.Properties) { Error = change.Error };
}
