using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Units;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;

namespace Cloudlet.Healthd.Heal;

/// <summary>What follows from a look: policy and budget decide about each deviation, and status, alarms and queue are told.</summary>
internal sealed class Judgement(HealthHost host, HeldState held, Policy policy, Ledger ledger, StatusBook status, AlarmBook alarms, WakeQueue queue, TimeProvider clock)
{
    private static readonly TimeSpan AfterHold = TimeSpan.FromSeconds(1);

    /// <summary>A process that ends so soon after its start has crashed in a loop, not by chance.</summary>
    private static readonly TimeSpan Probation = TimeSpan.FromSeconds(10);

    /// <summary>True when the daemon has to end, so that systemd starts it anew.</summary>
    public bool StartsAnew { get; private set; }

    /// <summary>What of a plan is to be done now. What is not has its reason in the status, its alarm, and its time in the queue.</summary>
    public IReadOnlyList<PlannedChange> Judge(Plan plan, Circumstances now)
    {
        var acts = new List<PlannedChange>();
        var deviating = new HashSet<string>();
        foreach (var change in plan.Changes)
        {
            if (change.Action == ChangeAction.Refresh)
                continue;
            deviating.Add(change.Id);
            if (Judge(change, now) == Verdict.Act)
                acts.Add(change);
        }

        foreach (var spec in plan.Desired.Resources)
            if (!deviating.Contains(spec.Id))
                Well(spec);
        return acts;
    }

    private Verdict Judge(PlannedChange change, Circumstances now)
    {
        if (ProbationOf(change) is not null && ledger.Relapsed(change.Id) && ledger[change.Id].GivenUp)
            alarms.Raise(AlarmKind.GaveUp, change.Id, $"it {(IsStart(change) ? "ended" : "hung")} soon after each of {ledger[change.Id].Failures} starts in a row; see `journalctl -u {((UnitSpec)change.Spec).Name}`");
        var verdict = change.Error is { } error ? Unseen(change, error) : policy.Judge(change, now, host.Machine.Systemd.Get);
        status.Deviates(change, verdict);
        if (verdict == Verdict.Act)
            EndDecisions(change.Id);
        StartsAnew |= verdict.StartsAnew && held.MayStartAnew();
        if (verdict.Alarm is { } alarm)
            alarms.Raise(alarm, change.Id, verdict.Because!);
        if ((verdict.LookAgain ?? ledger.PauseOf(change.Id)) is { } pause)
            queue.PostLater(change.Id, "retry", pause);
        else if (now.Hold is { } hold)
            queue.PostLater(change.Id, "the hold has ended", hold.Expires - clock.GetUtcNow() + AfterHold);
        return verdict;
    }

    /// <summary>What kept the daemon from a resource, an operator's decision above all, does not hold any more.</summary>
    private void EndDecisions(string id)
    {
        alarms.Clear(AlarmKind.OperatorDisabled, id);
        alarms.Clear(AlarmKind.OperatorMasked, id);
        alarms.Clear(AlarmKind.HostNameChanged, id);
        alarms.Clear(AlarmKind.ProcessStuck, id);
    }

    /// <summary>True when what is to be done is to start a process.</summary>
    public static bool IsStart(PlannedChange change) => change.Spec is UnitSpec { Running: true } && change.Properties.Any(p => p.Path == "running");

    /// <summary>Whether the processes of a unit do anything, as it was seen; null where it was not, and for everything else.</summary>
    public static Liveness? LivenessOf(PlannedChange change) => (change.Observation?.Actual as UnitSpec)?.Liveness;

    /// <summary>How long a start has to last until it has helped; null for a change that starts no process. One that hangs again is found to only after the time that it may wait.</summary>
    public static TimeSpan? ProbationOf(PlannedChange change) =>
        LivenessOf(change) == Liveness.Hung ? Probation + (2 * TimeSpan.FromSeconds(((UnitSpec)change.Spec).HungAfterSeconds ?? 0))
        : IsStart(change) ? Probation
        : null;

    /// <summary>What cannot be observed cannot be judged: it is looked at again, less and less often.</summary>
    private Verdict Unseen(PlannedChange change, string error)
    {
        if (ledger.Ask(change.Id) == Allowance.Now)
            ledger.Failed(change.Id, forGood: false);
        return new Verdict(ResourceState.Waiting, error);
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
}
