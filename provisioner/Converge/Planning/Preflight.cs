using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Planning;

/// <summary>Finds changes of a plan that are certain to fail, before anything is touched. Changes nothing on the host.</summary>
internal sealed class Preflight(KindRegistry kinds)
{
    /// <summary>The plan, each change with the reasons why the host would refuse it.</summary>
    public async Task<Plan> CheckAsync(Plan plan, CancellationToken ct)
    {
        var refused = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        for (var count = -1; count < refused.Count && refused.Count < plan.Changes.Count; )
        {
            // A refused change brings nothing that another change may need, so the remaining changes are checked again without it.
            count = refused.Count;
            var rest = plan with { Changes = [.. plan.Changes.Where(c => !refused.ContainsKey(c.Id))] };
            foreach (var change in rest.Changes)
                if (await ReasonsAsync(change, rest, ct) is { Count: > 0 } reasons)
                    refused.Add(change.Id, reasons);
        }

        return refused.Count == 0
            ? plan
            : plan with
            {
                Changes = [.. plan.Changes.Select(c => refused.TryGetValue(c.Id, out var reasons) ? c with { Refusals = reasons } : c)],
            };
    }

    private async Task<IReadOnlyList<string>> ReasonsAsync(PlannedChange change, Plan plan, CancellationToken ct) =>
        change switch
        {
            { Action: ChangeAction.Create or ChangeAction.Update or ChangeAction.Replace } => await kinds
                .For(change.Spec)
                .PreflightAsync(change.Spec, change.Observation!.Actual, plan, ct),

            // The observation failed because the resource is impossible here: a network card has its name, or the host lacks the kind.
            {
                Action: ChangeAction.Unknown,
                Observation.Error: CloudletException { Kind: ErrorKind.InvalidInput or ErrorKind.Unsupported } certain
            } => [certain.Message],
            _ => [],
        };
}
