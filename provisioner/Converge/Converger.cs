using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Planning;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge;

/// <summary>What an apply does besides converging.</summary>
public sealed record ApplyOptions
{
    /// <summary>Go back unless somebody confirms within this time of the end of the apply; null: no confirmation is asked for.</summary>
    public TimeSpan? ConfirmWithin { get; init; }

    /// <summary>Go back when a resource fails or the host does not verify. Implied by <see cref="ConfirmWithin"/>.</summary>
    public bool RollBackOnFailure { get; init; }
}

/// <summary>
/// Observe → plan → journal → apply → verify → keep or roll back. Knows no kind by name and no machine: kinds, store, guard and clock come in.
/// Going back is the same loop towards the state before.
/// </summary>
public sealed class Converger(KindRegistry kinds, IConvergeStore store, IGuard guard, TimeProvider clock, ConvergeEventSink events)
{
    /// <summary>How often apply looks again and goes on when verification still finds something to do: one change can disturb another resource.</summary>
    private const int Rounds = 3;

    private readonly Observer observer = new(kinds);
    private readonly Planner planner = new(kinds);

    /// <summary>What an apply would do now. Changes nothing and takes no lock.</summary>
    public async Task<Plan> PlanAsync(HostState desired, CancellationToken ct)
    {
        var (plan, _) = await LookAsync(desired, Earlier(store.ReadApplied(), Unfinished(store.ReadJournal())), ct);
        events(new Planned(desired.Digest, desired.Resources.Count, plan.Changes));
        return plan;
    }

    /// <summary>Whether the host is as described; changes nothing.</summary>
    public async Task<Finished> VerifyAsync(HostState desired, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var (plan, _) = await LookAsync(desired, Earlier(store.ReadApplied(), Unfinished(store.ReadJournal())), ct);
        events(new Verified(plan.Changes));
        return Finish(new Finished(plan.IsEmpty ? RunResult.Unchanged : RunResult.Drift, desired.Digest, 0, 0, 0, Elapsed(started)));
    }

    /// <summary>Makes the host as described.</summary>
    /// <exception cref="CloudletException">Busy: another run has the lock, or an earlier one waits for confirmation. InvalidInput: a change is bound to be refused. Failures of single resources are no exception: they are in the result.</exception>
    public async Task<Finished> ApplyAsync(HostState desired, ApplyOptions options, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        using var held = store.Lock();
        var unfinished = await SettleEarlierRunAsync(ct);
        var previous = store.ReadApplied();
        var earlier = Earlier(previous, unfinished);
        var seen = await LookAsync(desired, earlier, ct);
        events(new Planned(desired.Digest, desired.Resources.Count, seen.Plan.Changes));
        if (seen.Plan.IsEmpty)
        {
            if (previous is null || !previous.Equals(desired))
                store.WriteApplied(desired);
            if (unfinished is not null)
                store.WriteJournal(unfinished with { Status = RunStatus.Kept, Desired = desired });
            return Finish(new Finished(RunResult.Unchanged, desired.Digest, 0, 0, 0, Elapsed(started)));
        }

        await ForeseeAsync(seen.Plan, ct);
        using var record = await BeginAsync(desired, previous, unfinished, seen, options, ct);
        var (counts, drift) = await ReachAsync(seen.Plan, () => LookAsync(desired, earlier, ct), record, ct);
        return Finish(await EndAsync(record.Journal, earlier, counts, drift, options, started, ct));
    }

    /// <summary>What the host remembers of earlier runs; looks at nothing else.</summary>
    public StateReported Report()
    {
        var applied = store.ReadApplied();
        var journal = store.ReadJournal();
        var report = new StateReported(applied?.Digest, applied?.Resources.Count ?? 0)
        {
            Run = journal?.Run,
            Status = journal?.Status,
            Started = journal?.Started,
            ConfirmBy = journal?.ConfirmBy,
        };
        events(report);
        return report;
    }

    /// <summary>Keeps what the last run changed.</summary>
    /// <exception cref="CloudletException">NotFound: nothing waits for a confirmation.</exception>
    public async Task<Finished> ConfirmAsync(CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        using var held = store.Lock();
        var last = store.ReadJournal();
        if (last is not { Status: RunStatus.AwaitingConfirmation } journal)
            throw new CloudletException(
                ErrorKind.NotFound,
                last is { Status: RunStatus.RolledBack or RunStatus.RollbackFailed }
                    ? $"nothing waits for a confirmation on this host: the last run ({last.Run}) has gone back already; apply again"
                    : "nothing waits for a confirmation on this host");
        store.WriteJournal(journal with { Status = RunStatus.Kept, ConfirmBy = null });
        await guard.DisarmAsync(journal.Run, ct);
        return Finish(new Finished(RunResult.Changed, journal.Desired.Digest, 0, 0, 0, Elapsed(started)) { Run = journal.Run });
    }

    /// <summary>Brings the host back to the state before the last run that changed something.</summary>
    /// <param name="unconfirmedRun">Null: whatever the last run was. Else only if it is this run and nobody has confirmed it; this is what the guard asks for.</param>
    /// <param name="ct">Ends the attempt.</param>
    /// <exception cref="CloudletException">NotFound: there is nothing to go back to.</exception>
    public async Task<Finished> RollBackAsync(string? unconfirmedRun, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        using var held = store.Lock();
        var journal = store.ReadJournal();
        var asked = unconfirmedRun is null
            ? journal is { Status: not RunStatus.RolledBack }
            : journal is { ConfirmBy: not null, Status: RunStatus.Applying or RunStatus.AwaitingConfirmation } && journal.Run == unconfirmedRun;
        if (!asked)
            throw new CloudletException(ErrorKind.NotFound, "there is no run on this host to go back from");
        return Finish(await GoBackAsync(journal!, unconfirmedRun is null ? "somebody asked for it" : "nobody confirmed in time", started, ct));
    }

    /// <summary>Brings the host back to what it was before our first run, as far as any run changed it, and forgets it. One that nothing was ever applied to is left alone.</summary>
    public async Task<Finished> RestoreAsync(CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        using var held = store.Lock();
        var (journal, applied) = (store.ReadJournal(), store.ReadApplied());
        var origin = (store.ReadOrigin() ?? new Origin()).With(journal);
        if (origin.IsEmpty && applied is null)
            return Finish(new Finished(RunResult.Unchanged, "", 0, 0, 0, Elapsed(started)));

        // A run that is killed half-way back must not be taken for the whole of what happened here.
        store.WriteOrigin(origin);
        events(new RollbackStarted(journal?.Run ?? "", "the host is given back"));
        if (journal?.ConfirmBy is not null)
            await guard.DisarmAsync(journal.Run, ct);
        var before = HostState.Create(applied?.Host ?? journal?.Desired.Host ?? "", origin.Before);
        var (plan, _) = await LookAsync(before, origin.Created, ct);
        var (counts, drift) = await ReachAsync(plan, () => LookAsync(before, origin.Created, ct), record: null, ct);
        if (drift.IsEmpty)
            Forget(journal);
        return Finish(new Finished(drift.IsEmpty ? RunResult.RolledBack : RunResult.RollbackFailed, "", counts.Changed, counts.Failed, counts.Skipped, Elapsed(started)));
    }

    private void Forget(Journal? journal)
    {
        store.WriteApplied(null);
        store.WriteOrigin(null);
        if (journal is not null)
            store.WriteJournal(journal with { Status = RunStatus.RolledBack, Before = [], Created = [], Previous = null, ConfirmBy = null });
    }

    /// <summary>What may be on the host from before: the last applied state, and what a run that was killed has begun.</summary>
    private static IReadOnlyList<ResourceSpec> Earlier(HostState? previous, Journal? unfinished) =>
        [.. unfinished?.Desired.Resources ?? [], .. unfinished?.Created ?? [], .. unfinished?.Previous?.Resources ?? [], .. previous?.Resources ?? []];

    private static Journal? Unfinished(Journal? journal) => journal is { Status: RunStatus.Applying } ? journal : null;

    private async Task<(Plan Plan, ObservedHost Observed)> LookAsync(HostState desired, IReadOnlyList<ResourceSpec> earlier, CancellationToken ct)
    {
        var observed = await observer.ObserveAsync(desired, earlier, findOwned: true, ct);
        return (planner.Plan(desired, observed), observed);
    }

    /// <summary>An earlier run that was killed hands on what it knew of the state before; one that waits for confirmation has to be settled first.</summary>
    private async Task<Journal?> SettleEarlierRunAsync(CancellationToken ct)
    {
        switch (store.ReadJournal())
        {
            case { Status: RunStatus.AwaitingConfirmation, ConfirmBy: { } by } waiting when by > clock.GetUtcNow():
                throw new CloudletException(
                    ErrorKind.Busy, $"the last change on this host waits for confirmation until {by:u} (run {waiting.Run}): `cloudlet confirm` keeps it, `cloudlet rollback` undoes it");
            case { ConfirmBy: not null, Status: RunStatus.AwaitingConfirmation or RunStatus.Applying } late:
                await GoBackAsync(late, late.ConfirmBy > clock.GetUtcNow() ? "it did not end, and nobody confirmed it" : "nobody confirmed in time", clock.GetTimestamp(), ct);
                return null;
            case { Status: RunStatus.Applying } killed:
                events(new Noticed($"an earlier run ({killed.Run}, {killed.Started:u}) did not end; going on from where it stopped"));
                return killed;
            default:
                return null;
        }
    }

    /// <summary>What is bound to be refused ends a run before it has changed anything.</summary>
    private async Task ForeseeAsync(Plan plan, CancellationToken ct)
    {
        var refusals = new List<string>();
        foreach (var change in plan.Changes.Where(c => c.Action is ChangeAction.Create or ChangeAction.Update or ChangeAction.Replace))
        {
            if (await kinds.For(change.Spec).ForeseeAsync(change.Spec, change.Observation!.Actual, ct) is { } refusal)
                refusals.Add(refusal);
        }

        if (refusals.Count > 0)
            throw new CloudletException(ErrorKind.InvalidInput, $"nothing was changed: {string.Join("; ", refusals)}");
    }

    /// <summary>Nothing has changed yet when this ends, and everything to go back is on disk.</summary>
    private async Task<RunRecord> BeginAsync(
        HostState desired, HostState? previous, Journal? unfinished, (Plan Plan, ObservedHost Observed) seen, ApplyOptions options, CancellationToken ct)
    {
        var journal = new Journal
        {
            Run = Guid.NewGuid().ToString("N")[..12],
            Status = RunStatus.Applying,
            Started = clock.GetUtcNow(),
            Desired = desired,
            Previous = unfinished is null ? previous : unfinished.Previous,
            Before = unfinished?.Before ?? [],
            Created = unfinished?.Created ?? [],
            ConfirmBy = clock.GetUtcNow() + options.ConfirmWithin,
        };
        // The journal of the last run is about to be replaced: what it knew of the host before us goes on in the origin.
        if (unfinished is null && store.ReadJournal() is { } last && (store.ReadOrigin() ?? new Origin()).With(last) is { IsEmpty: false } origin)
            store.WriteOrigin(origin);
        var record = new RunRecord(journal, kinds, store);
        try
        {
            await record.RememberAsync(seen.Plan, seen.Observed, ct);
            if (options.ConfirmWithin is { } window)
                await guard.ArmAsync(journal.Run, window, ct);
            return record;
        }
        catch
        {
            record.Dispose();
            throw;
        }
    }

    /// <summary>Does a plan, looks again and goes on while that helps; what is left then is drift.</summary>
    private async Task<(ApplyCounts Counts, Plan Drift)> ReachAsync(
        Plan plan, Func<Task<(Plan Plan, ObservedHost Observed)>> look, RunRecord? record, CancellationToken ct)
    {
        var applier = new Applier(kinds, clock, events, record is null ? null : record.RememberAsync);
        var total = new ApplyCounts(0, 0, 0);
        for (var round = 1; ; round++)
        {
            var counts = await applier.ApplyAsync(plan, ct);
            total = new ApplyCounts(total.Changed + counts.Changed, counts.Failed, counts.Skipped);
            (plan, var observed) = await look();
            if (plan.IsEmpty || counts.Failed > 0 || round == Rounds)
                break;
            if (record is not null)
                await record.RememberAsync(plan, observed, ct);
        }

        events(new Verified(plan.Changes));
        return (total, plan);
    }

    private async Task<Finished> EndAsync(
        Journal journal, IReadOnlyList<ResourceSpec> earlier, ApplyCounts counts, Plan drift, ApplyOptions options, long started, CancellationToken ct)
    {
        var good = counts.Failed == 0 && drift.IsEmpty;
        if (!good && (options.RollBackOnFailure || options.ConfirmWithin is not null))
            return await GoBackAsync(journal, "the host could not be made as described", started, ct);

        var waits = good && options.ConfirmWithin is not null;
        if (waits)
        {
            await guard.ArmAsync(journal.Run, options.ConfirmWithin!.Value, ct);
            journal = journal with { ConfirmBy = clock.GetUtcNow() + options.ConfirmWithin.Value };
        }

        store.WriteApplied(good ? journal.Desired : With(journal.Desired, earlier));
        store.WriteJournal(journal with { Status = !good ? RunStatus.KeptInPart : waits ? RunStatus.AwaitingConfirmation : RunStatus.Kept });
        var result = !good ? RunResult.Failed : waits ? RunResult.AwaitingConfirmation : RunResult.Changed;
        return new Finished(result, journal.Desired.Digest, counts.Changed, counts.Failed, counts.Skipped, Elapsed(started)) { Run = journal.Run, ConfirmBy = waits ? journal.ConfirmBy : null };
    }

    /// <summary>After a failure, what was there beside <paramref name="state"/> may still be there: it must not be forgotten.</summary>
    private static HostState With(HostState state, IEnumerable<ResourceSpec> others) =>
        HostState.Create(state.Host, state.Resources.Concat(others).DistinctBy(r => r.Id));

    /// <summary>Converges to the state before the run, and says "rolled back" only when a look at the host proves it.</summary>
    private async Task<Finished> GoBackAsync(Journal journal, string because, long started, CancellationToken ct)
    {
        events(new RollbackStarted(journal.Run, because));
        var before = HostState.Create(journal.Desired.Host, journal.Before);
        var (plan, _) = await LookBackAsync();
        var (counts, drift) = await ReachAsync(plan, LookBackAsync, record: null, ct);
        var isBack = drift.IsEmpty;
        store.WriteApplied(isBack ? journal.Previous : With(journal.Previous ?? HostState.Create(journal.Desired.Host, []), [.. journal.Desired.Resources, .. journal.Created]));
        store.WriteJournal(journal with { Status = isBack ? RunStatus.RolledBack : RunStatus.RollbackFailed, ConfirmBy = null });
        if (journal.ConfirmBy is not null)
            await guard.DisarmAsync(journal.Run, ct);
        var result = isBack ? RunResult.RolledBack : RunResult.RollbackFailed;
        return new Finished(result, journal.Previous?.Digest ?? "", counts.Changed, counts.Failed, counts.Skipped, Elapsed(started)) { Run = journal.Run };

        async Task<(Plan Plan, ObservedHost Observed)> LookBackAsync()
        {
            var observed = await observer.ObserveAsync(before, journal.Created, findOwned: false, ct);
            return (planner.Plan(before, observed), observed);
        }
    }

    private Finished Finish(Finished end)
    {
        events(end);
        return end;
    }

    private double Elapsed(long started) => clock.GetElapsedTime(started).TotalMilliseconds;
}
