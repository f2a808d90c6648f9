using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Planning;
using Cloudlet.Converge.Plans;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge;

/// <summary>Options of an apply.</summary>
public sealed record ApplyOptions
{
    /// <summary>Roll back unless the run is confirmed within this time of its end; null: no confirmation is needed.</summary>
    public TimeSpan? ConfirmWithin { get; init; }

    /// <summary>Roll back when a resource fails or the host does not verify. Implied by <see cref="ConfirmWithin"/>.</summary>
    public bool RollBackOnFailure { get; init; }

    /// <summary>The owner that applies; null: the present owner stays.</summary>
    public OwnerClaim? Claim { get; init; }
}

/// <summary>
/// Observe → plan → journal → apply → verify → keep or roll back. Knows no kind by name and no machine: kinds, store, guard and clock are
/// passed in. A rollback is the same loop towards the state before.
/// </summary>
public sealed class Converger(KindRegistry kinds, IConvergeStore store, IGuard guard, TimeProvider clock, ConvergeEventSink events)
{
    /// <summary>
    /// How many times an apply repeats when verification still finds differences: one change can disturb another resource.
    /// </summary>
    private const int Rounds = 3;

    private readonly Observer _observer = new(kinds);
    private readonly Planner _planner = new(kinds);
    private readonly OwnershipRules _ownership = new(store, clock, events);
    private readonly Preflight _preflight = new(kinds);
    private readonly Causes _causes = new(kinds);

    /// <summary>What an apply would do now. Changes nothing and takes no lock.</summary>
    public Task<Plan> PlanAsync(HostState desired, CancellationToken ct) => PlanAsync(desired, claim: null, ct);

    /// <summary>As without a claim; also reports another owner.</summary>
    public async Task<Plan> PlanAsync(HostState desired, OwnerClaim? claim, CancellationToken ct)
    {
        _ownership.Tell(claim);
        var (plan, _) = await LookAsync(desired, PastOf(store.ReadApplied(), Unfinished(store.ReadJournal())), ct);
        plan = await _causes.AddAsync(await _preflight.CheckAsync(plan, ct), ct);
        events(PlannedOf(plan));
        return plan;
    }

    /// <summary>Does what is no run, in the name of a description: refused if another one owns the host.</summary>
    /// <param name="claim">The claim of the description.</param>
    /// <param name="writes">True when records may be written, so that no run may happen meanwhile.</param>
    /// <param name="act">What to do.</param>
    /// <exception cref="CloudletException">OwnedByOther; Busy: another run has the lock.</exception>
    public T Claimed<T>(OwnerClaim? claim, bool writes, Func<T> act)
    {
        using var hostLock = writes ? store.Lock() : null;
        _ownership.Require(claim);
        return act();
    }

    /// <summary>Whether the host is as described; changes nothing.</summary>
    public async Task<Finished> VerifyAsync(HostState desired, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var (plan, _) = await LookAsync(desired, PastOf(store.ReadApplied(), Unfinished(store.ReadJournal())), ct);
        plan = await _causes.AddAsync(plan, ct);
        events(new Verified(plan.Changes) { Kept = plan.Kept.Count > 0 ? plan.Kept : null });
        return Finish(new Finished(plan.IsEmpty ? RunResult.Unchanged : RunResult.Drift, desired.Digest, 0, 0, 0, Elapsed(started)));
    }

    /// <summary>Brings the host to its described state.</summary>
    /// <exception cref="CloudletException">OwnedByOther: another description owns the host. Busy: another run has the lock, or an earlier
    /// one waits for confirmation. InvalidInput: a change is certain to be refused. Failures of single resources do not throw: they are
    /// in the result.</exception>
    public async Task<Finished> ApplyAsync(HostState desired, ApplyOptions options, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        using var hostLock = store.Lock();
        _ownership.Require(options.Claim);
        var unfinished = await SettleEarlierRunAsync(ct);
        var previous = store.ReadApplied();
        var past = PastOf(previous, unfinished);
        var seen = await LookAsync(desired, past, ct);
        seen = (await _preflight.CheckAsync(seen.Plan, ct), seen.Observed);
        events(PlannedOf(seen.Plan));
        if (seen.Plan.IsEmpty)
        {
            Keep(desired, previous, unfinished, seen, past, options.Claim);
            return Finish(new Finished(RunResult.Unchanged, desired.Digest, 0, 0, 0, Elapsed(started)));
        }

        RefuseCertainFailures(seen.Plan);
        using var record = await BeginAsync(desired, previous, unfinished, seen, past, options, ct);
        past = past with { Restoring = record.Journal.Restoring };
        var reached = await ReachAsync(seen.Plan, () => LookAsync(desired, past, ct), record, ct);
        reached = reached with { Attempted = [.. reached.Attempted, .. (unfinished?.Created ?? []).Select(static r => r.Id)] };
        return Finish(await EndAsync(record.Journal, past, reached, options, started, ct));
    }

    /// <summary>Reports what the records say about earlier runs; does not observe the host.</summary>
    public StateReported Report()
    {
        var applied = store.ReadApplied();
        var journal = store.ReadJournal();
        var owner = store.ReadOwner();
        var report = new StateReported(applied?.Digest, applied?.Resources.Count ?? 0)
        {
            Run = journal?.Run,
            Status = journal?.Status,
            Started = journal?.Started,
            ConfirmBy = journal?.ConfirmBy,
            Owner = owner?.Owner,
            OwnedSince = owner?.Since,
        };
        events(report);
        return report;
    }

    /// <summary>Keeps the changes of the last run.</summary>
    /// <exception cref="CloudletException">NotFound: nothing waits for a confirmation.</exception>
    public async Task<Finished> ConfirmAsync(CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        using var hostLock = store.Lock();
        var last = store.ReadJournal();
        if (last is not { Status: RunStatus.AwaitingConfirmation } journal)
            throw new CloudletException(
                ErrorKind.NotFound,
                last is { Status: RunStatus.RolledBack or RunStatus.RollbackFailed }
                    ? $"nothing waits for a confirmation on this host: the last run ({last.Run}) was already rolled back; apply again"
                    : "nothing waits for a confirmation on this host"
            );
        store.WriteJournal(journal with { Status = RunStatus.Kept, ConfirmBy = null });
        await guard.DisarmAsync(journal.Run, ct);
        return Finish(
            new Finished(RunResult.Changed, journal.Desired.Digest, 0, 0, 0, Elapsed(started)) { Run = journal.Run, Confirmed = true }
        );
    }

    /// <summary>Rolls the host back to the state before the last run that changed something.</summary>
    /// <param name="unconfirmedRun">Null: the last run, whatever it was. Otherwise only if the last run is this one and is unconfirmed; the
    /// guard passes this.</param>
    /// <param name="ct">Cancels the attempt.</param>
    /// <exception cref="CloudletException">NotFound: there is nothing to roll back.</exception>
    public async Task<Finished> RollBackAsync(string? unconfirmedRun, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        using var hostLock = store.Lock();
        var journal = store.ReadJournal();
        var asked = unconfirmedRun is null
            ? journal is { Status: not RunStatus.RolledBack }
            : journal is { ConfirmBy: not null, Status: RunStatus.Applying or RunStatus.AwaitingConfirmation }
                && journal.Run == unconfirmedRun;
        if (!asked)
            throw new CloudletException(ErrorKind.NotFound, "no run on this host can be rolled back");
        return Finish(
            await GoBackAsync(
                journal!,
                unconfirmedRun is null ? "a rollback was requested" : "no confirmation arrived in time",
                started,
                ct
            )
        );
    }

    /// <summary>
    /// Restores the host to its state before our first run, as far as any run changed it, and deletes the records. A host that nothing was
    /// applied to is left alone.
    /// </summary>
    public Task<Finished> RestoreAsync(CancellationToken ct) => RestoreAsync(claim: null, ct);

    /// <summary>As without a claim, for the owner of the host.</summary>
    /// <exception cref="CloudletException">OwnedByOther: another description owns the host; nothing was changed.</exception>
    public async Task<Finished> RestoreAsync(OwnerClaim? claim, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        using var hostLock = store.Lock();
        _ownership.Require(claim);
        var (journal, applied) = (store.ReadJournal(), store.ReadApplied());
        var origin = (store.ReadOrigin() ?? new Baseline()).With(journal);
        if (origin.IsEmpty && applied is null)
        {
            _ownership.End();
            return Finish(new Finished(RunResult.Unchanged, "", 0, 0, 0, Elapsed(started)));
        }

        // If this run is killed half-way, its journal alone must not count as the whole history of the host.
        store.WriteOrigin(origin);
        events(new RollbackStarted(journal?.Run ?? "", "the host is being restored"));
        if (journal?.ConfirmBy is not null)
            await guard.DisarmAsync(journal.Run, ct);

        // The desired state is empty, so every resource leaves, including those that an earlier version removed instead of restoring
        // them.
        var none = HostState.Create(applied?.Host ?? journal?.Desired.Host ?? "", []);
        var lost = origin.Before.Where(r => applied?.Resources.Any(a => a.Id == r.Id) != true).ToList();
        var past = new Past([.. Earlier(applied, Unfinished(journal)), .. origin.Created, .. lost], new Lazy<Baseline>(origin))
        {
            Restoring = [.. (Unfinished(journal)?.Restoring ?? []).Concat(lost).DistinctBy(static r => r.Id)],
        };
        var (plan, _) = await LookAsync(none, past, ct);
        events(PlannedOf(plan));
        past = past with
        {
            Restoring =
            [
                .. past
                    .Restoring.Concat(plan.Changes.Where(static c => c.Action == ChangeAction.Restore).Select(static c => c.Spec))
                    .DistinctBy(static r => r.Id),
            ],
        };
        var (counts, drift, _) = await ReachAsync(plan, () => LookAsync(none, past, ct), record: null, ct);
        if (drift.IsEmpty)
            Forget(journal);
        else
            ForgetAllBut(drift, origin, journal, past);
        return Finish(
            new Finished(
                drift.IsEmpty ? RunResult.RolledBack : RunResult.RollbackFailed,
                "",
                counts.Changed,
                counts.Failed,
                counts.Skipped,
                Elapsed(started)
            )
        );
    }

    private void Forget(Journal? journal)
    {
        store.WriteApplied(null);
        store.WriteOrigin(null);
        _ownership.End();
        if (journal is not null)
            store.WriteJournal(
                journal with
                {
                    Status = RunStatus.RolledBack,
                    Before = [],
                    Created = [],
                    Previous = null,
                    ConfirmBy = null,
                }
            );
    }

    /// <summary>
    /// After an incomplete rollback: forgets resources that were removed, restored or left to others. What is created in their place
    /// later is not ours.
    /// </summary>
    private void ForgetAllBut(Plan drift, Baseline origin, Journal? journal, Past past)
    {
        var left = drift.ChangedIds();
        var gone = past.Described.Select(static s => s.Id).Where(id => !left.Contains(id)).ToHashSet(StringComparer.Ordinal);
        store.WriteOrigin(origin.Without(gone));
        if (journal is not null)
            store.WriteJournal(journal with { Ended = [.. journal.Ended.Union(gone)] });
    }

    /// <summary>Specs that may be on the host from before: the last applied state, and what a killed run has started.</summary>
    private static IReadOnlyList<ResourceSpec> Earlier(HostState? previous, Journal? unfinished) =>
        [
            .. unfinished?.Desired.Resources ?? [],
            .. unfinished?.Created ?? [],
            .. unfinished?.Previous?.Resources ?? [],
            .. previous?.Resources ?? [],
        ];

    /// <summary>The same, with what is known of the host before our first run.</summary>
    private Past PastOf(HostState? previous, Journal? unfinished) =>
        new(Earlier(previous, unfinished), new Lazy<Baseline>(() => (store.ReadOrigin() ?? new Baseline()).With(store.ReadJournal())))
        {
            Restoring = unfinished?.Restoring ?? [],
        };

    private Planned PlannedOf(Plan plan)
    {
        TellNotices();
        return new(plan.Desired.Digest, plan.Desired.Resources.Count, plan.Changes) { Kept = plan.Kept.Count > 0 ? plan.Kept : null };
    }

    private void TellNotices()
    {
        foreach (var notice in store.TakeNotices())
            events(new Noticed(notice));
    }

    private static Journal? Unfinished(Journal? journal) => journal is { Status: RunStatus.Applying } ? journal : null;

    private async Task<(Plan Plan, ObservedHost Observed)> LookAsync(HostState desired, Past past, CancellationToken ct)
    {
        var observed = await _observer.ObserveAsync(desired, past, findOwned: true, ct);
        return (_planner.Plan(desired, observed), observed);
    }

    /// <summary>
    /// A killed run passes on what it recorded of the state before; a run that waits for confirmation must be settled first.
    /// </summary>
    private async Task<Journal?> SettleEarlierRunAsync(CancellationToken ct)
    {
        switch (store.ReadJournal())
        {
            case { Status: RunStatus.AwaitingConfirmation, ConfirmBy: { } by } waiting when by > clock.GetUtcNow():
                throw new CloudletException(
                    ErrorKind.Busy,
                    $"the last change on this host waits for confirmation until {by:u} (run {waiting.Run}): `cloudlet confirm` keeps "
                        + "it, `cloudlet rollback` undoes it"
                );
            case { ConfirmBy: not null, Status: RunStatus.AwaitingConfirmation or RunStatus.Applying } late:
                await GoBackAsync(
                    late,
                    late.ConfirmBy > clock.GetUtcNow()
                        ? "it did not finish, and no confirmation arrived"
                        : "no confirmation arrived in time",
                    clock.GetTimestamp(),
                    ct
                );
                return null;
            case { Status: RunStatus.Applying } killed:
                events(new Noticed($"an earlier run ({killed.Run}, {killed.Started:u}) did not finish; resuming it"));
                return killed;
            default:
                return null;
        }
    }

    /// <summary>Preflight: fails before any change if one is certain to be refused.</summary>
    private static void RefuseCertainFailures(Plan plan)
    {
        List<string> refusals = [.. plan.Changes.SelectMany(c => c.Refusals ?? [])];
        if (refusals.Count > 0)
            throw new CloudletException(ErrorKind.InvalidInput, $"nothing was changed: {string.Join("; ", refusals)}");
    }

    /// <summary>When this returns, nothing has been changed yet, and all that a rollback needs is on disk.</summary>
    private async Task<RunRecord> BeginAsync(
        HostState desired,
        HostState? previous,
        Journal? unfinished,
        (Plan Plan, ObservedHost Observed) seen,
        Past past,
        ApplyOptions options,
        CancellationToken ct
    )
    {
        var journal = new Journal
        {
            Run = NewRun(),
            Status = RunStatus.Applying,
            Started = clock.GetUtcNow(),
            Desired = desired,
            Previous = unfinished is null ? previous : unfinished.Previous,
            Before = unfinished?.Before ?? [],
            Created = unfinished?.Created ?? [],
            Found = unfinished?.Found ?? [],
            Marked = unfinished?.Marked ?? [],
            Restoring = unfinished?.Restoring ?? [],
            Ended = unfinished?.Ended ?? [],
            ConfirmBy = clock.GetUtcNow() + options.ConfirmWithin,
        };
        if (unfinished is null)
            HandOnLastJournal();
        var record = new RunRecord(RunRecord.WithFound(journal, seen.Plan, seen.Observed, past), kinds, store);
        try
        {
            await record.RememberAsync(seen.Plan, seen.Observed, ct);
            _ownership.Take(options.Claim, journal.Run, unfinished?.Run);
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

    /// <summary>The last run's journal is about to be replaced: moves its records of the host before us into the origin.</summary>
    private void HandOnLastJournal()
    {
        if (store.ReadJournal() is not { } last)
            return;
        var origin = store.ReadOrigin();
        var next = (origin ?? new Baseline()).With(last);
        if (origin is not null || !next.IsEmpty)
            store.WriteOrigin(next);
    }

    /// <summary>Applies a plan and observes again, while that makes progress; what is left is drift.</summary>
    private async Task<Reached> ReachAsync(
        Plan plan,
        Func<Task<(Plan Plan, ObservedHost Observed)>> look,
        RunRecord? record,
        CancellationToken ct
    )
    {
        var applier = new Applier(
            kinds,
            clock,
            events,
            record is null ? null : record.RememberAsync,
            record is null ? null : record.RememberRemovalAsync
        );
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

        plan = await _causes.AddAsync(plan, ct);
        events(new Verified(plan.Changes));
        return new Reached(total, plan, applier.Attempted);
    }

    private async Task<Finished> EndAsync(
        Journal journal,
        Past past,
        Reached reached,
        ApplyOptions options,
        long started,
        CancellationToken ct
    )
    {
        var (counts, drift, attempted) = reached;
        var good = counts.Failed == 0 && drift.IsEmpty;
        if (!good && (options.RollBackOnFailure || options.ConfirmWithin is not null))
            return await GoBackAsync(journal, "the host could not be brought to its described state", started, ct);

        var waits = good && options.ConfirmWithin is not null;
        if (waits)
        {
            await guard.ArmAsync(journal.Run, options.ConfirmWithin!.Value, ct);
            journal = journal with { ConfirmBy = clock.GetUtcNow() + options.ConfirmWithin.Value };
        }

        journal = Ended(good ? journal : await OnlyTouchedAsync(journal, drift, attempted, ct), past, drift);
        var left = drift
            .Changes.Where(static c => c.Action is ChangeAction.Remove or ChangeAction.Restore)
            .Select(static c => c.Id)
            .ToHashSet(StringComparer.Ordinal);
        store.WriteApplied(
            good ? journal.Desired : With(StillReturning(journal.Desired, past, drift), past.Described.Where(s => left.Contains(s.Id)))
        );
        store.WriteJournal(
            journal with
            {
                Status =
                    !good ? RunStatus.KeptInPart
                    : waits ? RunStatus.AwaitingConfirmation
                    : RunStatus.Kept,
            }
        );
        var result =
            !good ? RunResult.Failed
            : waits ? RunResult.AwaitingConfirmation
            : RunResult.Changed;
        return new Finished(result, journal.Desired.Digest, counts.Changed, counts.Failed, counts.Skipped, Elapsed(started))
        {
            Run = journal.Run,
            ConfirmBy = waits ? journal.ConfirmBy : null,
        };
    }

    /// <summary>After a failure, keeps track of properties that should have been given back and were not.</summary>
    private static HostState StillReturning(HostState desired, Past past, Plan drift)
    {
        var goals = drift.Changes.ToDictionary(static c => c.Id, static c => c.Spec, StringComparer.Ordinal);
        return HostState.Create(
            desired.Host,
            desired.Resources.Select(r => goals.TryGetValue(r.Id, out var goal) && !ReferenceEquals(goal, r) ? WithEarlier(r) : r)
        );

        ResourceSpec WithEarlier(ResourceSpec described)
        {
            var earlier = past.Described.Where(s => s.Id == described.Id && !ReferenceEquals(s, described)).Reverse().ToList();
            return earlier.Count == 0
                ? described
                : SpecOverlay.Over(earlier.Aggregate(static (below, above) => SpecOverlay.Over(below, above)), described);
        }
    }

    /// <summary>After a failure, resources besides <paramref name="state"/> may still be there: keeps track of them.</summary>
    private static HostState With(HostState state, IEnumerable<ResourceSpec> others) =>
        HostState.Create(state.Host, state.Resources.Concat(others).DistinctBy(r => r.Id));

    /// <summary>Converges to the state before the run, and reports "rolled back" only when an observation proves it.</summary>
    private async Task<Finished> GoBackAsync(Journal journal, string because, long started, CancellationToken ct)
    {
        events(new RollbackStarted(journal.Run, because));
        var before = HostState.Create(journal.Desired.Host, DependencyOrder.WithoutCircles(journal.Before));
        var (plan, _) = await LookBackAsync();
        var (counts, drift, _) = await ReachAsync(plan, LookBackAsync, record: null, ct);
        var isBack = drift.IsEmpty;
        store.WriteApplied(
            isBack
                ? journal.Previous
                : With(journal.Previous ?? HostState.Create(journal.Desired.Host, []), [.. journal.Desired.Resources, .. journal.Created])
        );

        // What the run had made and is gone now is forgotten: the next attempt must not mistake a later resource in its place for it.
        var left = drift.ChangedIds();
        var created = isBack ? journal.Created : [.. journal.Created.Where(r => left.Contains(r.Id))];
        string[] ended = [.. journal.Ended.Where(id => isBack || left.Contains(id))];
        store.WriteJournal(
            journal with
            {
                Status = isBack ? RunStatus.RolledBack : RunStatus.RollbackFailed,
                Created = created,
                Ended = ended,
                ConfirmBy = null,
            }
        );
        if (isBack)
            _ownership.GoBack(journal.Run);
        if (journal.ConfirmBy is not null)
            await guard.DisarmAsync(journal.Run, ct);
        var result = isBack ? RunResult.RolledBack : RunResult.RollbackFailed;
        return new Finished(result, journal.Previous?.Digest ?? "", counts.Changed, counts.Failed, counts.Skipped, Elapsed(started))
        {
            Run = journal.Run,
        };

        async Task<(Plan Plan, ObservedHost Observed)> LookBackAsync()
        {
            var made = new Past(journal.Created, new Lazy<Baseline>(new Baseline { Created = journal.Created })) { IsUndone = true };
            var observed = await _observer.ObserveAsync(before, made, findOwned: false, ct);
            return (_planner.Plan(before, observed), observed);
        }
    }

    /// <summary>The host already is as described: writes the records, and the owner from now on.</summary>
    private void Keep(
        HostState desired,
        HostState? previous,
        Journal? unfinished,
        (Plan Plan, ObservedHost Observed) seen,
        Past past,
        OwnerClaim? claim
    )
    {
        var isNew = previous is null || !previous.Equals(desired);
        var changesHands = _ownership.ChangesHands(claim);
        if (changesHands && unfinished is null)
        {
            TakeOver(desired, previous, seen, past, claim);
            return;
        }

        if (isNew || unfinished is not null)
            KeepFacts(desired, seen, past);
        if (isNew)
            store.WriteApplied(desired);

        if (unfinished is not null && Unfinished(store.ReadJournal()) is { } journal)
            store.WriteJournal(journal with { Status = RunStatus.Kept, Desired = desired, Restoring = [] });
        _ownership.Take(claim, run: changesHands ? unfinished?.Run : null, unfinished?.Run);
    }

    /// <summary>
    /// A takeover without changes is recorded as a run of its own, so that rolling it back returns the host to its previous owner. The last
    /// run belongs to the other description and must not be undone for this one.
    /// </summary>
    private void TakeOver(HostState desired, HostState? previous, (Plan Plan, ObservedHost Observed) seen, Past past, OwnerClaim? claim)
    {
        HandOnLastJournal();
        var run = Nothing(desired) with { Run = NewRun(), Previous = previous };
        store.WriteApplied(desired);
        store.WriteJournal(Ended(RunRecord.WithFound(run, seen.Plan, seen.Observed, past), past, seen.Plan));
        _ownership.Take(claim, run.Run, unfinished: null);
    }

    private static string NewRun() => Guid.NewGuid().ToString("N")[..12];

    /// <summary>
    /// An apply without changes also has facts to record: resources that it described first and found as described, and those that left.
    /// </summary>
    private void KeepFacts(HostState desired, (Plan Plan, ObservedHost Observed) seen, Past past)
    {
        var facts = Ended(RunRecord.WithFound(Nothing(desired), seen.Plan, seen.Observed, past), past, seen.Plan);
        if (facts.Found.Count == 0 && facts.Ended.Count == 0)
            return;
        store.WriteOrigin((store.ReadOrigin() ?? new Baseline()).With(facts));
        if (facts.Ended.Count > 0 && store.ReadJournal() is { } last)
            store.WriteJournal(last with { Ended = [.. last.Ended.Union(facts.Ended)] });
    }

    private Journal Nothing(HostState desired) =>
        new()
        {
            Run = "",
            Status = RunStatus.Kept,
            Started = clock.GetUtcNow(),
            Desired = desired,
        };

    /// <summary>Records which resources left the description and are finished with.</summary>
    private static Journal Ended(Journal journal, Past past, Plan drift)
    {
        var staying = journal
            .Desired.Resources.Concat(drift.Changes.Select(static c => c.Spec))
            .Select(static s => s.Id)
            .ToHashSet(StringComparer.Ordinal);
        var ended = past
            .Described.Concat(journal.Before)
            .Select(static s => s.Id)
            .Where(id => !staying.Contains(id) && (past.Baseline.Knows(id) || journal.Knows(id)));
        return journal with
        {
            Ended = [.. ended.Union(journal.Ended).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Restoring = [],
        };
    }

    /// <summary>After a failed run: resources that it did not change are not ours, whatever it intended.</summary>
    private async Task<Journal> OnlyTouchedAsync(Journal journal, Plan drift, IReadOnlyCollection<string> attempted, CancellationToken ct)
    {
        var untouched = new HashSet<string>(StringComparer.Ordinal);
        foreach (var spec in journal.Created)
            if (!attempted.Contains(spec.Id) || await _observer.ObserveOneAsync(spec, ct) is { Error: null, Actual: null })
                untouched.Add(spec.Id);
        foreach (var spec in journal.Before)
            if (
                await _observer.ObserveOneAsync(spec, ct) is { Error: null, Managed: { } judged }
                && SpecDiff.Between(spec, judged).Count == 0
            )
                untouched.Add(spec.Id);
        journal = journal with
        {
            Before = [.. journal.Before.Where(s => !untouched.Contains(s.Id))],
            Created = [.. journal.Created.Where(s => !untouched.Contains(s.Id))],
        };
        var described = journal.Desired.Resources.Select(static r => r.Id).ToHashSet(StringComparer.Ordinal);
        return journal with
        {
            Unmade = [.. drift.Changes.Select(static c => c.Id).Where(id => described.Contains(id) && !journal.Knows(id))],
        };
    }

    /// <summary>The result of applying a plan.</summary>
    /// <param name="Counts">How many resources were changed, failed and were skipped.</param>
    /// <param name="Drift">The resources that are still not as described.</param>
    /// <param name="Attempted">Ids of the resources whose change was started.</param>
    private sealed record Reached(ApplyCounts Counts, Plan Drift, IReadOnlyCollection<string> Attempted);

    private Finished Finish(Finished end)
    {
        TellNotices();
        events(end);
        return end;
    }

    private double Elapsed(long started) => clock.GetElapsedTime(started).TotalMilliseconds;
}
