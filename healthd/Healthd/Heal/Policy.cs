using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Health;
using Cloudlet.Healthd.Report;

namespace Cloudlet.Healthd.Heal;

/// <summary>
/// Do no harm: decides which deviations the daemon leaves alone. A hold and an operator's decision override the description; to enforce
/// the description, run <c>cloudlet apply</c>.
/// </summary>
public sealed class Policy(HealthSettings settings, RetryBudget budget, HealKinds kinds)
{
    /// <summary>Decides about a deviation.</summary>
    /// <param name="change">The deviation.</param>
    /// <param name="now">Conditions on the host.</param>
    /// <param name="hold">An active hold, or null.</param>
    public HealVerdict Decide(PlannedChange change, HealConditions now, Hold? hold)
    {
        if (hold is not null)
            return new HealVerdict(ResourceState.Held, $"held by {hold.Owner} until {hold.Expires:u}: {hold.Reason}");
        var verdict = kinds.Decide(change, now with { DefersRestarts = settings.Restarts == Restarts.Deferred });
        return verdict == HealVerdict.Act ? DecideByBudget(change) : verdict;
    }

    private HealVerdict DecideByBudget(PlannedChange change) =>
        budget.Ask(change.Id) switch
        {
            BudgetDecision.Now => HealVerdict.Act,
            BudgetDecision.GivenUp => new HealVerdict(
                ResourceState.GivenUp,
                "given up after repeated failures; it is retried when something about it changes, at the next full check, or by "
                    + "`cloudlet apply`"
            ),
            BudgetDecision.AfterFailure => new HealVerdict(ResourceState.Waiting, "the last attempt failed"),
            _ => new HealVerdict(ResourceState.Waiting, "it deviates repeatedly; heals are rate-limited") { Alarm = AlarmKind.Flapping },
        };
}
