using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.Errors;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;

namespace Cloudlet.Healthd.Heal;

/// <summary>Evaluates a plan: applies policy and budget to each deviation, and updates status, alarms and queue.</summary>
internal sealed class HealDecider(
    HealthHost host,
    DesiredStateSource source,
    Policy policy,
    HealKinds kinds,
    RetryBudget budget,
    StatusTracker status,
    AlarmTracker alarms,
    WakeQueue queue,
    TimeProvider clock
)
{
    private static readonly TimeSpan AfterHold = TimeSpan.FromSeconds(1);

    /// <summary>True when the daemon should exit so that systemd restarts it.</summary>
    public bool WantsRestart { get; private set; }

    /// <summary>The changes to make now. Every other one gets its reason in the status, its alarm, and a retry time in the queue.</summary>
    public IReadOnlyList<PlannedChange> Judge(Plan plan, HealConditions now, Hold? hold)
    {
        var changes = new List<PlannedChange>();
        var deviating = new HashSet<string>();
        WantsRestart = false;
        foreach (var change in plan.Changes)
        {
            if (change.Action == ChangeAction.Refresh)
                continue;
            deviating.Add(change.Id);
            if (Judge(change, now, hold) == HealVerdict.Act)
                changes.Add(change);
        }

        foreach (var spec in plan.Desired.Resources)
            if (!deviating.Contains(spec.Id))
                Well(spec);
        return changes;
    }

    private HealVerdict Judge(PlannedChange change, HealConditions now, Hold? hold)
    {
        if (kinds.ProbationOf(change) is not null && budget.Relapsed(change.Id) && budget[change.Id].GivenUp)
            alarms.Raise(AlarmKind.GaveUp, change.Id, kinds.Relapsed(change, budget[change.Id].Failures));
        var verdict = change.Error is { } error ? Unseen(change, error) : policy.Decide(change, now, hold);
        status.Deviates(change, verdict);
        if (verdict == HealVerdict.Act)
            EndDecisions(change.Id);
        WantsRestart |= verdict.RestartsDaemon;
        if (verdict.ReloadsManager && budget.Ask(change.Id) == BudgetDecision.Now)
            ReloadManager(change.Id);
        if (verdict.Alarm is { } alarm)
            alarms.Raise(alarm, change.Id, verdict.Because!);
        if ((verdict.LookAgain ?? budget.PauseOf(change.Id)) is { } pause)
            queue.PostLater(change.Id, "retry", pause);
        else if (hold is not null)
            queue.PostLater(change.Id, "the hold has ended", hold.Expires - clock.GetUtcNow() + AfterHold);
        return verdict;
    }

    private void ReloadManager(string id)
    {
        try
        {
            host.Machine.Systemd.DaemonReload();
        }
        catch (CloudletException)
        {
            budget.Failed(id, forGood: false);
        }
    }

    /// <summary>Clears an operator's decision, or another reason to leave the resource alone, that no longer applies.</summary>
    private void EndDecisions(string id)
    {
        alarms.Clear(AlarmKind.OperatorDisabled, id);
        alarms.Clear(AlarmKind.OperatorMasked, id);
        alarms.Clear(AlarmKind.HostNameChanged, id);
        alarms.Clear(AlarmKind.ProcessStuck, id);
    }

    /// <summary>A resource that cannot be observed is retried with increasing delays.</summary>
    private HealVerdict Unseen(PlannedChange change, string error)
    {
        if (budget.Ask(change.Id) == BudgetDecision.Now)
            budget.Failed(change.Id, forGood: false);
        return new HealVerdict(ResourceState.Waiting, error);
    }

    private void Well(ResourceSpec spec)
    {
        budget.Well(spec.Id);
        status.Well(spec.Id);
        if (kinds.TraitsOf(spec).LookEvery is { } pause)
            queue.PostLater(spec.Id, "a regular check", pause);
        if (spec.Id == HealthCompiler.UnitId)
            source.ForgetRestarts();
        if (budget.HasRecovered(spec.Id))
            alarms.ClearAbout(spec.Id);
        else
            alarms.ClearAbout(spec.Id, AlarmKind.Flapping);
    }
}
