using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Planning;
using Cloudlet.Converge.Plans;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Applying;

/// <summary>
/// The journal of the current run. The state of a resource before the run is on disk before the resource is touched, no matter which step
/// of the run decides to change it.
/// </summary>
internal sealed class RunRecord(Journal journal, KindRegistry kinds, IConvergeStore store) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>The journal as it is on disk.</summary>
    public Journal Journal { get; private set; } = journal;

    /// <summary>Replaces the journal, here and on disk.</summary>
    public void Write(Journal next)
    {
        store.WriteJournal(next);
        Journal = next;
    }

    /// <summary>
    /// Records the present state of the resources of a plan and of those it may disturb: replacing a bridge detaches its ports, and a
    /// joining port changes the bridge's MTU. States that are already recorded stay. Always writes the journal, even without new facts.
    /// </summary>
    public Task RememberAsync(Plan plan, ObservedHost observed, CancellationToken ct)
    {
        var disturbed = DependencyOrder.DependentsOf(plan.Desired.Resources, plan.Changes.Select(c => c.Id));
        disturbed.UnionWith(GroundsOfTheSameKind(plan));
        var around = plan.Desired.Resources.Where(spec => disturbed.Contains(spec.Id)).Select(spec => (spec, observed.ById[spec.Id]));
        return RememberAsync(
            [
                .. plan
                    .Changes.Where(c => c.Action != ChangeAction.Unknown && (c.Error is null || c.Action == ChangeAction.Remove))
                    .Select(c => (c.Spec, ActualOf(c))),
                .. around.Where(s => s.Item2.Actual is not null).Select(s => (s.spec, s.Item2.Actual)),
            ],
            write: true,
            ct
        );
    }

    /// <summary>
    /// Records resources that already are as described when they are first described: they were there before us. Resources with our mark
    /// are ours, made by a run whose records were lost. Does not write the journal.
    /// </summary>
    public static Journal WithFound(Journal journal, Plan plan, ObservedHost observed, Past past)
    {
        var changing = plan.ChangedIds();
        var earlier = past.Described.Select(static s => s.Id).ToHashSet(StringComparer.Ordinal);
        return journal with
        {
            Found =
            [
                .. journal.Found,
                .. plan.Desired.Resources.Where(s =>
                    !changing.Contains(s.Id)
                    && !earlier.Contains(s.Id)
                    && !observed.Marked.Contains(s.Id)
                    && observed.ById[s.Id].Managed is not null
                    && !past.Baseline.Knows(s.Id)
                    && !journal.Knows(s.Id)
                ),
            ],
            Marked =
            [
                .. journal.Marked.Union(
                    plan.Changes.Select(static c => c.Id).Where(id => observed.Marked.Contains(id) && !past.Baseline.Knows(id))
                ),
            ],
            Restoring =
            [
                .. journal
                    .Restoring.Concat(plan.Changes.Where(static c => c.Action == ChangeAction.Restore).Select(static c => c.Spec))
                    .DistinctBy(static s => s.Id),
            ],
        };
    }

    /// <summary>Records the present state of a resource just before it is changed. A resource that is made again is ours again.</summary>
    public Task RememberAsync(PlannedChange change, CancellationToken ct) =>
        RememberAsync(
            [(change.Spec, ActualOf(change))],
            write: false,
            ct,
            madeAgain: change.Action == ChangeAction.Create ? change.Id : null
        );

    /// <summary>
    /// Records that a resource was removed: a resource that appears in its place later is not ours, even if it is identical. Written at
    /// once, so that a killed run does not lose it.
    /// </summary>
    public async Task RememberRemovalAsync(string id, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (!Journal.Ended.Contains(id))
                Write(Journal with { Ended = [.. Journal.Ended, id] });
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private static IEnumerable<string> GroundsOfTheSameKind(Plan plan)
    {
        var kinds = plan.Desired.Resources.ToDictionary(spec => spec.Id, spec => spec.GetType());
        return plan.Changes.SelectMany(c => c.Spec.After.Where(id => kinds.GetValueOrDefault(id) == c.Spec.GetType()));
    }

    private static ResourceSpec? ActualOf(PlannedChange change) =>
        change.Action == ChangeAction.Remove ? change.Observation?.Actual ?? change.Spec : change.Observation?.Actual;

    private async Task RememberAsync(
        List<(ResourceSpec Spec, ResourceSpec? Actual)> seen,
        bool write,
        CancellationToken ct,
        string? madeAgain = null
    )
    {
        await _turn.WaitAsync(ct);
        try
        {
            var next = Journal;
            foreach (var (spec, actual) in seen)
                if (!next.Knows(spec.Id))
                    next =
                        actual is not null && await kinds.For(actual).CaptureAsync(actual, ct) is { } captured
                            ? next with
                            {
                                Before = [.. next.Before, captured],
                            }
                            : next with
                            {
                                Created = [.. next.Created, spec],
                            };
            if (next.Unmade.Count > 0)
                next = next with { Unmade = [.. next.Unmade.Where(id => !next.Knows(id))] };
            if (madeAgain is not null && next.Ended.Contains(madeAgain))
                next = next with { Ended = [.. next.Ended.Where(id => id != madeAgain)] };
            if (write || !ReferenceEquals(next, Journal))
                Write(next);
        }
        finally
        {
            _turn.Release();
        }
    }
}
