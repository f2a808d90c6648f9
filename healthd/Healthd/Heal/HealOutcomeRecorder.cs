using Cloudlet.Converge;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Errors;
using Cloudlet.Healthd.Watch;

namespace Cloudlet.Healthd.Heal;

/// <summary>Records how each change of a heal ended in budget, status, alarms and queue.</summary>
internal sealed class HealOutcomeRecorder(
    HealKinds kinds,
    RetryBudget budget,
    StatusTracker status,
    AlarmTracker alarms,
    WakeQueue queue,
    TimeProvider clock
)
{
    /// <summary>This many resources lost at once are one incident that an operator should see.</summary>
    private const int Many = 10;

    /// <summary>Records how each change of a heal ended.</summary>
    /// <param name="changes">The changes to make.</param>
    /// <param name="steps">The changes made.</param>
    /// <param name="healed">The result of the observation after the heal.</param>
    public void Enter(IReadOnlyList<PlannedChange> changes, HealSteps steps, Healed healed)
    {
        var left = healed.Drift.Changes.Where(c => c.Action != ChangeAction.Refresh).Select(c => c.Id).ToHashSet();
        foreach (var planned in changes)
        {
            if (!left.Contains(planned.Id))
            {
                budget.Succeeded(planned.Id, kinds.ProbationOf(planned));
                status.Healed(planned.Id);
                alarms.ClearAbout(planned.Id, AlarmKind.Flapping);
                continue;
            }

            Failed(planned.Spec, steps);
        }

        if (changes.Count >= Many)
            alarms.Raise(AlarmKind.MassLoss, "host", $"{changes.Count} resources deviated at the same time, including {changes[0].Id}");
        status.Count(changes.Count - left.Count(id => changes.Any(a => a.Id == id)), left.Count);
        foreach (var change in healed.Drift.Changes.Where(c => !changes.Any(a => a.Id == c.Id)))
            queue.Post([change.Id], "disturbed by a heal", clock.GetTimestamp());
    }

    private void Failed(ResourceSpec spec, HealSteps steps)
    {
        var id = spec.Id;
        var kind = steps.KindOf(id);
        var meaning = kind is { } error ? kinds.MeaningOf(spec, error) ?? Usual(error) : null;
        budget.Failed(id, forGood: meaning?.IsFinal == true);
        var message = steps.ErrorOf(id) ?? "it was changed but still differs from its description";
        status.Failed(id, message);
        var alarm = meaning?.Alarm ?? (budget[id].GivenUp ? AlarmKind.GaveUp : null);
        if (alarm is { } raised)
            alarms.Raise(raised, id, message);
        if (budget.PauseOf(id) is { } pause)
            queue.PostLater(id, "retry", pause);
    }

    private static HealFailure Usual(ErrorKind error) =>
        new(
            IsFinal: error is ErrorKind.DriverMissing or ErrorKind.InvalidInput or ErrorKind.Unsupported,
            error switch
            {
                ErrorKind.DriverMissing => AlarmKind.DriverMissing,
                ErrorKind.NoSpace or ErrorKind.ReadOnly => AlarmKind.Disk,
                ErrorKind.Obstructed => AlarmKind.Obstructed,
                _ => null,
            }
        );
}
