using System.Collections.Concurrent;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Planning;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Applying;

/// <summary>How many resources a pass changed, failed to change, and skipped.</summary>
internal sealed record ApplyCounts(int Changed, int Failed, int Skipped);

/// <summary>
/// Applies a plan. First resources stop using what is about to be removed; then removals, dependents before their dependencies; then
/// restores; then every other change as soon as all its dependencies are done, independent ones in parallel. Dependents of a failure are
/// skipped; everything else continues.
/// </summary>
/// <param name="kinds">The kinds that make the changes.</param>
/// <param name="clock">Source of time, and of the delays between attempts.</param>
/// <param name="events">Receives the progress events.</param>
/// <param name="beforeChange">Called before every change, possibly from several threads; null: no callback.</param>
/// <param name="afterRemoval">Called with the id of a removed resource; null: no callback.</param>
internal sealed class Applier(
    KindRegistry kinds,
    TimeProvider clock,
    ConvergeEventSink events,
    Func<PlannedChange, CancellationToken, Task>? beforeChange = null,
    Func<string, CancellationToken, Task>? afterRemoval = null
)
{
    private const int Attempts = 4;
    private static readonly TimeSpan Progress = TimeSpan.FromSeconds(10);

    private readonly Observer _observer = new(kinds);
    private readonly Planner _planner = new(kinds);
    private readonly ConcurrentDictionary<string, bool> _attempted = new(StringComparer.Ordinal);

    /// <summary>Ids of the resources whose change was started, whether it succeeded or not.</summary>
    public IReadOnlyCollection<string> Attempted => [.. _attempted.Keys];

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
        var running = new Dictionary<string, Task<Outcome>>();
        var ordered = DependencyOrder.Sort(plan);
        var restores = RestoreOrder(plan).ToList();
        var inUse = new Dictionary<string, string>(StringComparer.Ordinal);
        if (plan.Changes.Any(static c => c.Action == ChangeAction.Remove))
        {
            foreach (var stop in restores.Where(StopsUsing).Reverse())
                outcomes.Add(Note(stop, await GuardAsync(stop, (c, _) => RestoreAsync(c, ct), ct)));
            foreach (
                var stop in ordered.Where(o => o.NeededChanges.Count == 0 && o.Change.Action == ChangeAction.Update && StopsUsing(o.Change))
            )
                running[stop.Change.Id] = Task.FromResult(
                    Note(stop.Change, await ApplyAfterAsync(stop.Change, [], outcomes.Contains(Outcome.Changed), ct))
                );
            restores.RemoveAll(StopsUsing);
        }

        foreach (var removal in RemovalOrder(plan))
            outcomes.Add(Note(removal, await RemoveUnusedAsync(removal, inUse, ct)));

        foreach (var restored in restores)
            outcomes.Add(await GuardAsync(restored, (c, _) => RestoreAsync(c, ct), ct));

        // A removal may remove others too: deleting one end of a veth pair deletes both.
        var removed = outcomes.Contains(Outcome.Changed);
        foreach (var change in ordered.Where(o => !running.ContainsKey(o.Change.Id)))
        {
            var before = change.NeededChanges.ConvertAll(id => (id, running[id]));
            running[change.Change.Id] = ApplyAfterAsync(change.Change, before, removed, ct);
        }

        outcomes.AddRange(await Task.WhenAll(running.Values));
        return new ApplyCounts(
            outcomes.Count(o => o == Outcome.Changed),
            outcomes.Count(o => o == Outcome.Failed),
            outcomes.Count(o => o == Outcome.Skipped)
        );

        // A resource that could not be stopped or removed still uses its dependencies.
        Outcome Note(PlannedChange change, Outcome outcome)
        {
            if (outcome is Outcome.Failed or Outcome.Skipped)
                foreach (var id in change.Spec.After)
                    inUse.TryAdd(id, change.Id);
            return outcome;
        }
    }

    private bool StopsUsing(PlannedChange change) => change.Error is null && kinds.For(change.Spec).StopsUsing(change.Spec);

    private static IEnumerable<PlannedChange> RemovalOrder(Plan plan)
    {
        var strays = plan.Changes.Where(c => c.Action == ChangeAction.Remove).ToList();
        return DependencyOrder.SortLeaving([.. strays.Select(c => c.Spec)]).Reverse().Select(spec => strays.First(c => c.Id == spec.Id));
    }

    private static IEnumerable<PlannedChange> RestoreOrder(Plan plan)
    {
        var leaving = plan.Changes.Where(c => c.Action == ChangeAction.Restore).ToList();
        return DependencyOrder.SortLeaving([.. leaving.Select(c => c.Spec)]).Select(spec => leaving.First(c => c.Id == spec.Id));
    }

    private async Task<Outcome> ApplyAfterAsync(
        PlannedChange change,
        List<(string Id, Task<Outcome> Done)> before,
        bool somethingChanged,
        CancellationToken ct
    )
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

        // Level, not edge: an observation from before the dependencies changed, or before an attempt failed half-way, is out of date.
        return await GuardAsync(
            change,
            (c, attempt) => ApplyAsync(c, lookAgain: somethingChanged || attempt > 1 || c.Action is ChangeAction.Unknown, ct),
            ct
        );
    }

    private async Task<PlannedChange?> ApplyAsync(PlannedChange planned, bool lookAgain, CancellationToken ct)
    {
        if (planned.Refusals is { Count: > 0 } refusals)
            throw new CloudletException(ErrorKind.InvalidInput, string.Join("; ", refusals));
        var change = lookAgain ? _planner.Compare(planned.Spec, await _observer.ObserveOneAsync(planned.Spec, ct)) : planned;
        if (change is null || change.Action == ChangeAction.Refresh)
            return null;
        await BeginAsync(change, change.Action, ct);
        await WithProgressAsync(
            change,
            kinds.For(change.Spec).ApplyAsync(change.Spec, change.Observation!.Actual, change.Action, ct).AsTask(),
            ct
        );
        if (kinds.For(change.Spec).TakeWarning(change.Spec) is { } note)
            events(new Noticed($"{change.Id}: {note}"));
        return change;
    }

    /// <summary>Before a resource is touched: checks that it was observed, records its present state, and announces the change.</summary>
    private async Task BeginAsync(PlannedChange change, ChangeAction action, CancellationToken ct)
    {
        if (change.Observation!.Error is { } error)
            throw error is CloudletException
                ? error
                : new CloudletException(ErrorKind.Unexpected, $"observe {change.Id}: {error.Message}", error);
        if (beforeChange is not null)
            await beforeChange(change, ct);
        _attempted[change.Id] = true;
        events(new ChangeStarted(change.Id, action));
    }

    private async Task<PlannedChange?> RestoreAsync(PlannedChange planned, CancellationToken ct)
    {
        if (_planner.Compare(planned.Spec, await _observer.ObserveOneAsync(planned.Spec, ct)) is not { } change)
            return null;
        await BeginAsync(change, ChangeAction.Restore, ct);
        await kinds.For(change.Spec).ApplyAsync(change.Spec, change.Observation!.Actual, change.Action, ct);
        return change with { Action = ChangeAction.Restore };
    }

    /// <summary>Reports from time to time what a slow change is waiting for.</summary>
    private async Task WithProgressAsync(PlannedChange change, Task work, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        while (!work.IsCompleted && !ct.IsCancellationRequested && await Task.WhenAny(work, Task.Delay(Progress, ct)) != work)
            if (!ct.IsCancellationRequested && Doing(change.Spec) is { } doing)
                events(new Noticed($"{change.Id}: {doing}; {clock.GetElapsedTime(started).TotalSeconds:0} s so far"));
        await work;
    }

    private string? Doing(ResourceSpec spec)
    {
        try
        {
            return kinds.For(spec).Doing(spec);
        }
        catch (CloudletException)
        {
            return null;
        }
    }

    private async Task<Outcome> RemoveUnusedAsync(PlannedChange removal, Dictionary<string, string> inUse, CancellationToken ct)
    {
        if (!inUse.TryGetValue(removal.Id, out var user))
            return await GuardAsync(removal, (c, _) => RemoveAsync(c, ct), ct);
        events(new ChangeSkipped(removal.Id, user));
        return Outcome.Skipped;
    }

    private async Task<PlannedChange?> RemoveAsync(PlannedChange change, CancellationToken ct)
    {
        _attempted[change.Id] = true;
        events(new ChangeStarted(change.Id, change.Action));
        await kinds.For(change.Spec).RemoveAsync(change.Spec, ct);
        if (afterRemoval is not null)
            await afterRemoval(change.Id, ct);
        return change;
    }

    /// <summary>Runs one change, retries where that can help, and reports its end exactly once.</summary>
    private async Task<Outcome> GuardAsync(PlannedChange change, Func<PlannedChange, int, Task<PlannedChange?>> act, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var done = await act(change, attempt);

                // If another change already did the work, only an observation is reported: nothing was created or changed.
                events(
                    new ChangeDone(
                        change.Id,
                        done?.Action ?? ChangeAction.Refresh,
                        done?.Properties ?? [],
                        clock.GetElapsedTime(started).TotalMilliseconds
                    )
                );
                return done is null ? Outcome.Unchanged : Outcome.Changed;
            }
            catch (CloudletException e) when (e.CanRetry && attempt < Attempts && !ct.IsCancellationRequested)
            {
                events(new Noticed($"{change.Id}: {e.Message}; retrying ({attempt + 1} of {Attempts})"));
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
