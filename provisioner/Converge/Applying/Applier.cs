using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Planning;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Applying;

/// <summary>How many resources a pass changed, could not change, left alone.</summary>
internal sealed record ApplyCounts(int Changed, int Failed, int Skipped);

/// <summary>
/// Does a plan: removals first, dependents before what they stand on; then every change as soon as all it comes after are done, independent ones in parallel.
/// What depends on a failure is skipped, everything else goes on.
/// </summary>
/// <param name="kinds">How to change things.</param>
/// <param name="clock">Measures, and waits between attempts.</param>
/// <param name="events">Takes what happens.</param>
/// <param name="beforeChange">Called with every change that is about to be made, possibly from several threads; null: nobody wants to know.</param>
internal sealed class Applier(KindRegistry kinds, TimeProvider clock, ConvergeEventSink events, Func<PlannedChange, CancellationToken, Task>? beforeChange = null)
{
    private const int Attempts = 4;

    private readonly Observer observer = new(kinds);
    private readonly Planner planner = new(kinds);

    private enum Outcome
    {
        Changed,
        Unchanged,
        Failed,
        Skipped,
    }

    public async Task<ApplyCounts> ApplyAsync(Plan plan, CancellationToken ct)
    {
        var outcomes = new List<Outcome>();
        foreach (var removal in RemovalOrder(plan))
            outcomes.Add(await GuardAsync(removal, (c, _) => RemoveAsync(c, ct), ct));

        // A removal may take others along, as deleting one end of a cable does.
        var removed = outcomes.Contains(Outcome.Changed);
        var running = new Dictionary<string, Task<Outcome>>();
        foreach (var change in DependencyOrder.Sort(plan))
        {
            var before = change.NeededChanges.ConvertAll(id => (id, running[id]));
            running[change.Change.Id] = ApplyAfterAsync(change.Change, before, removed, ct);
        }

        outcomes.AddRange(await Task.WhenAll(running.Values));
        return new ApplyCounts(outcomes.Count(o => o == Outcome.Changed), outcomes.Count(o => o == Outcome.Failed), outcomes.Count(o => o == Outcome.Skipped));
    }

    private static IEnumerable<PlannedChange> RemovalOrder(Plan plan)
    {
        var strays = plan.Changes.Where(c => c.Action == ChangeAction.Remove).ToList();
        return DependencyOrder.Sort([.. strays.Select(c => c.Spec)]).Reverse().Select(spec => strays.First(c => c.Id == spec.Id));
    }

    private async Task<Outcome> ApplyAfterAsync(PlannedChange change, List<(string Id, Task<Outcome> Done)> before, bool somethingChanged, CancellationToken ct)
    {
        foreach (var (id, done) in before)
        {
            var outcome = await done;
            if (outcome is Outcome.Failed or Outcome.Skipped)
            {
                events(new ChangeSkipped(change.Id, id));
                return Outcome.Skipped;
            }

            somethingChanged |= outcome == Outcome.Changed;
        }

        // Level, not edge: what was observed before the dependencies changed, or before an attempt failed half-way, says nothing any more.
        return await GuardAsync(change, (c, attempt) => ApplyAsync(c, lookAgain: somethingChanged || attempt > 1 || c.Action is ChangeAction.Unknown, ct), ct);
    }

    private async Task<PlannedChange?> ApplyAsync(PlannedChange planned, bool lookAgain, CancellationToken ct)
    {
        var change = lookAgain ? planner.Compare(planned.Spec, await observer.ObserveOneAsync(planned.Spec, ct)) : planned;
        if (change is null || change.Action == ChangeAction.Refresh)
            return null;
        if (change.Observation!.Error is { } error)
            throw error is CloudletException ? error : new CloudletException(ErrorKind.Unexpected, $"look at {change.Id}: {error.Message}", error);
        if (beforeChange is not null)
            await beforeChange(change, ct);
        events(new ChangeStarted(change.Id, change.Action));
        await kinds.For(change.Spec).ApplyAsync(change.Spec, change.Observation.Actual, ct);
        if (kinds.For(change.Spec).TakeNote(change.Spec) is { } note)
            events(new Noticed($"{change.Id}: {note}"));
        return change;
    }

    private async Task<PlannedChange?> RemoveAsync(PlannedChange change, CancellationToken ct)
    {
        events(new ChangeStarted(change.Id, change.Action));
        await kinds.For(change.Spec).RemoveAsync(change.Spec, ct);
        return change;
    }

    /// <summary>Runs one change, tries again where that can help, and reports its end exactly once.</summary>
    private async Task<Outcome> GuardAsync(PlannedChange change, Func<PlannedChange, int, Task<PlannedChange?>> act, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var done = await act(change, attempt);
                events(new ChangeDone(change.Id, (done ?? change).Action, done?.Properties ?? [], clock.GetElapsedTime(started).TotalMilliseconds));
                return done is null ? Outcome.Unchanged : Outcome.Changed;
            }
            catch (CloudletException e) when (e.CanRetry && attempt < Attempts && !ct.IsCancellationRequested)
            {
                events(new Noticed($"{change.Id}: {e.Message}; trying again ({attempt + 1} of {Attempts})"));
                await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), clock, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                events(new ChangeFailed(change.Id, change.Action, (e as CloudletException)?.Kind ?? ErrorKind.Unexpected, e.Message));
                return Outcome.Failed;
            }
        }
    }
}
