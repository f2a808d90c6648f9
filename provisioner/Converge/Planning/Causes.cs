using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Planning;

/// <summary>Asks the host why resources are not as described, for the reader of a plan.</summary>
internal sealed class Causes(KindRegistry kinds)
{
    /// <summary>The plan, with the known causes.</summary>
    public async Task<Plan> AddAsync(Plan plan, CancellationToken ct)
    {
        if (plan.IsEmpty)
            return plan;
        var changes = new List<PlannedChange>(plan.Changes.Count);
        foreach (var change in plan.Changes)
            changes.Add(await WhyAsync(change, ct) is { } cause ? change with { Cause = cause } : change);
        return plan with { Changes = changes };
    }

    private async ValueTask<string?> WhyAsync(PlannedChange change, CancellationToken ct)
    {
        try
        {
            return change is { Action: ChangeAction.Create or ChangeAction.Update, Observation: { Error: null } seen }
                ? await kinds.For(change.Spec).WhyAsync(change.Spec, seen.Actual, ct)
                : null;
        }
        catch (CloudletException)
        {
            return null;
        }
    }
}
