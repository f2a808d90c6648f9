using Cloudlet.Converge;
using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Links;
using Cloudlet.DesiredState.Units;
using Cloudlet.Errors;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Watch;

namespace Cloudlet.Healthd.Heal;

/// <summary>What follows from a heal: budget, status, alarms and queue are told how each change ended.</summary>
internal sealed class HealAccounts(Ledger ledger, StatusBook status, AlarmBook alarms, WakeQueue queue, TimeProvider clock)
{
    /// <summary>So many resources lost at once are one incident, and a person should know of it.</summary>
    private const int Many = 10;

    /// <summary>Enters how each change of a heal ended.</summary>
    /// <param name="acts">What was to be done.</param>
    /// <param name="steps">What was done.</param>
    /// <param name="healed">What the second look found.</param>
    public void Enter(IReadOnlyList<PlannedChange> acts, HealSteps steps, Healed healed)
    {
        var left = healed.Drift.Changes.Where(c => c.Action != ChangeAction.Refresh).Select(c => c.Id).ToHashSet();
        foreach (var act in acts)
        {
            if (!left.Contains(act.Id))
            {
                ledger.Succeeded(act.Id, Judgement.ProbationOf(act));
                status.Healed(act.Id);
                alarms.ClearAbout(act.Id, AlarmKind.Flapping);
                continue;
            }

            Failed(act.Spec, steps);
        }

        if (acts.Count >= Many)
            alarms.Raise(AlarmKind.MassLoss, "host", $"{acts.Count} resources were not as described at once, {acts[0].Id} among them");
        status.Count(acts.Count - left.Count(id => acts.Any(a => a.Id == id)), left.Count);
        foreach (var change in healed.Drift.Changes.Where(c => !acts.Any(a => a.Id == c.Id)))
            queue.Post([change.Id], "disturbed by a heal", clock.GetTimestamp());
    }

    private void Failed(ResourceSpec spec, HealSteps steps)
    {
        var id = spec.Id;
        var kind = steps.KindOf(id);
        // What the kernel refuses about a link may be the fault of a moment: somebody renames or replaces it while it is healed.
        ledger.Failed(id, forGood: kind == ErrorKind.DriverMissing || (kind is ErrorKind.InvalidInput or ErrorKind.Unsupported && spec is not LinkSpec));
        var message = steps.ErrorOf(id) ?? "it was changed, and is not as described all the same";
        status.Failed(id, message);
        AlarmKind? alarm = kind switch
        {
            ErrorKind.DriverMissing => AlarmKind.DriverMissing,
            ErrorKind.NoSpace or ErrorKind.ReadOnly => AlarmKind.Disk,
            ErrorKind.InvalidInput when spec is UnitSpec => AlarmKind.ConfigurationBroken,
            _ => ledger[id].GivenUp ? AlarmKind.GaveUp : null,
        };
        if (alarm is { } raised)
            alarms.Raise(raised, id, message);
        if (ledger.PauseOf(id) is { } pause)
            queue.PostLater(id, "retry", pause);
    }
}
