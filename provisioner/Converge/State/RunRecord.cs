using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.State;

/// <summary>The journal of the run under way. How a resource was before is on disk before the resource is touched, whoever finds out that it has to be.</summary>
internal sealed class RunRecord(Journal journal, KindRegistry kinds, IConvergeStore store) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1, 1);

    /// <summary>The journal as it is on disk.</summary>
    public Journal Journal { get; private set; } = journal;

    /// <summary>Replaces the journal, here and on disk.</summary>
    public void Write(Journal next)
    {
        store.WriteJournal(next);
        Journal = next;
    }

    /// <summary>
    /// Adds how the resources of a plan are now, and how those are that it may disturb: replacing a bridge takes its ports along, and a port that joins changes the bridge's MTU.
    /// What is known from before stays. Writes the journal, new facts or not.
    /// </summary>
    public Task RememberAsync(Plan plan, ObservedHost observed, CancellationToken ct)
    {
        var disturbed = DependencyOrder.StandingOn(plan.Desired.Resources, plan.Changes.Select(c => c.Id));
        disturbed.UnionWith(GroundsOfTheSameKind(plan));
        var around = plan.Desired.Resources.Where(spec => disturbed.Contains(spec.Id)).Select(spec => (spec, observed.ById[spec.Id]));
        return RememberAsync(
            [
                .. plan.Changes.Where(c => c.Action != ChangeAction.Unknown).Select(c => (c.Spec, ActualOf(c))),
                .. around.Where(s => s.Item2.Actual is not null).Select(s => (s.spec, s.Item2.Actual)),
            ],
            write: true,
            ct);
    }

    /// <summary>Adds how one resource is now, just before it is changed.</summary>
    public Task RememberAsync(PlannedChange change, CancellationToken ct) => RememberAsync([(change.Spec, ActualOf(change))], write: false, ct);

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    private static IEnumerable<string> GroundsOfTheSameKind(Plan plan)
    {
        var kinds = plan.Desired.Resources.ToDictionary(spec => spec.Id, spec => spec.GetType());
        return plan.Changes.SelectMany(c => c.Spec.After.Where(id => kinds.GetValueOrDefault(id) == c.Spec.GetType()));
    }

    private static ResourceSpec? ActualOf(PlannedChange change) => change.Action == ChangeAction.Remove ? change.Spec : change.Observation?.Actual;

    private async Task RememberAsync(List<(ResourceSpec Spec, ResourceSpec? Actual)> seen, bool write, CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            var next = Journal;
            foreach (var (spec, actual) in seen)
                if (!next.Knows(spec.Id))
                    next = actual is not null && await kinds.For(actual).CaptureAsync(actual, ct) is { } captured
                        ? next with { Before = [.. next.Before, captured] }
                        : next with { Created = [.. next.Created, spec] };
            if (write || !ReferenceEquals(next, Journal))
                Write(next);
        }
        finally
        {
            turn.Release();
        }
    }
}
