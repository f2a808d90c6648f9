using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Kinds;

/// <summary>A kind as the engine sees it: without its spec type, and with a default for every optional ability.</summary>
internal abstract class KindAdapter
{
    public abstract IReadOnlySet<string> ReplacedBy { get; }

    public abstract ValueTask<IReadOnlyList<Observation>> ObserveAsync(IReadOnlyList<ResourceSpec> desired, CancellationToken ct);

    public abstract ValueTask ApplyAsync(ResourceSpec desired, ResourceSpec? observed, ChangeAction action, CancellationToken ct);

    public abstract ValueTask<IReadOnlyList<string>> PreflightAsync(
        ResourceSpec desired,
        ResourceSpec? observed,
        Plan plan,
        CancellationToken ct
    );

    public abstract string? TakeWarning(ResourceSpec changed);

    public abstract string? Doing(ResourceSpec changing);

    /// <summary>False: resources of this kind are never removed.</summary>
    public abstract bool Removes { get; }

    /// <summary>Whether a mark proves that we made the resource.</summary>
    public abstract bool IsMarkProof { get; }

    public abstract bool CanRemove(ResourceSpec spec, Func<string, bool> goes);

    public abstract string KeptBecause(ResourceSpec spec);

    public abstract bool IsOurs(ResourceSpec applied, Observation seen);

    public abstract ResourceSpec GiveBack(ResourceSpec before, ResourceSpec applied, ResourceSpec observed);

    public abstract ValueTask<string?> WhyAsync(ResourceSpec desired, ResourceSpec? observed, CancellationToken ct);

    public abstract bool StopsUsing(ResourceSpec goal);

    public abstract ResourceSpec? Undescribed(ResourceSpec spec);

    public abstract ResourceSpec WithoutLeft(
        ResourceSpec goal,
        ResourceSpec desired,
        ResourceSpec before,
        ResourceSpec applied,
        ResourceSpec observed
    );

    public abstract ValueTask RemoveAsync(ResourceSpec spec, CancellationToken ct);

    public abstract ValueTask<ResourceSpec?> CaptureAsync(ResourceSpec observed, CancellationToken ct);

    public abstract ValueTask<IReadOnlyList<ResourceSpec>> FindOwnedAsync(CancellationToken ct);

    public abstract IEnumerable<Trigger> TriggersOf(ResourceSpec spec);

    public abstract void RecordConverged(ResourceSpec seen);

    public abstract HealTraits Traits { get; }

    public abstract HealVerdict Decide(PlannedChange change, HealConditions now);

    public abstract HealFailure? MeaningOf(ErrorKind error);

    public abstract WatchedProcess? ProcessOf(ResourceSpec spec);

    public abstract string? StallOf(ResourceSpec spec, WatchedProcess process);

    public abstract void Forget(IReadOnlyCollection<WatchedProcess> watched);

    public abstract TimeSpan? ProbationOf(PlannedChange change);

    public abstract string Relapsed(PlannedChange change, int failures);

    public abstract IEnumerable<string> PathsOf(ResourceSpec spec);
}

/// <inheritdoc/>
internal sealed class KindAdapter<TSpec>(IResourceKind<TSpec> kind) : KindAdapter
    where TSpec : ResourceSpec
{
    private static readonly HashSet<string> Nothing = [];

    public override IReadOnlySet<string> ReplacedBy => (kind as IHasImmutableProperties)?.ReplacedBy ?? Nothing;

    public override async ValueTask<IReadOnlyList<Observation>> ObserveAsync(IReadOnlyList<ResourceSpec> desired, CancellationToken ct)
    {
        if (kind is IObservesMany<TSpec> many)
        {
            try
            {
                var all = await many.ObserveManyAsync([.. desired.Cast<TSpec>()], ct);
                return [.. desired.Select((spec, i) => Found((TSpec)spec, all[i]))];
            }
            catch (CloudletException e) when (e.Kind is ErrorKind.Unreachable or ErrorKind.Timeout)
            {
                // It is the server that does not answer: each of them would wait for it again.
                return [.. desired.Select(spec => new Observation(spec.Id, null, null, e))];
            }
            catch (Exception) when (!ct.IsCancellationRequested)
            {
                // One bad resource fails the whole batch; observing them one by one shows which.
            }
        }

        var answers = new Observation[desired.Count];
        for (var i = 0; i < desired.Count; i++)
            answers[i] = await ObserveOneAsync((TSpec)desired[i], ct);
        return answers;
    }

    public override ValueTask ApplyAsync(ResourceSpec desired, ResourceSpec? observed, ChangeAction action, CancellationToken ct) =>
        kind.ApplyAsync((TSpec)desired, (TSpec?)observed, action, ct);

    public override ValueTask<IReadOnlyList<string>> PreflightAsync(
        ResourceSpec desired,
        ResourceSpec? observed,
        Plan plan,
        CancellationToken ct
    ) => kind is IPreflight<TSpec> foresees ? foresees.CheckAsync((TSpec)desired, (TSpec?)observed, plan, ct) : new([]);

    public override string? Doing(ResourceSpec changing) => (kind as IShowsProgress<TSpec>)?.Doing((TSpec)changing);

    public override string? TakeWarning(ResourceSpec changed) => (kind as IReportsWarnings<TSpec>)?.TakeWarning((TSpec)changed);

    public override bool Removes => kind is ICanRemove<TSpec>;

    public override bool IsMarkProof => kind is not IFindsOwned<TSpec> { IsProof: false };

    public override bool CanRemove(ResourceSpec spec, Func<string, bool> goes) =>
        kind is ICanRemove<TSpec> removable && removable.CanRemove((TSpec)spec, goes);

    public override string KeptBecause(ResourceSpec spec) =>
        (kind as ICanRemove<TSpec>)?.KeptBecause((TSpec)spec) ?? "resources of this kind are never removed";

    public override bool IsOurs(ResourceSpec applied, Observation seen) =>
        seen.Actual is TSpec actual
        && (kind is IGivesBack<TSpec> knows ? knows.IsOurs((TSpec)applied, actual) : SpecDiff.Between(applied, seen.Managed).Count == 0);

    public override ResourceSpec GiveBack(ResourceSpec before, ResourceSpec applied, ResourceSpec observed) =>
        kind is IGivesBack<TSpec> knows ? knows.GiveBack((TSpec)before, (TSpec)applied, (TSpec)observed) : before;

    public override ValueTask<string?> WhyAsync(ResourceSpec desired, ResourceSpec? observed, CancellationToken ct) =>
        kind is IExplains<TSpec> explains ? explains.WhyAsync((TSpec)desired, (TSpec?)observed, ct) : new((string?)null);

    public override bool StopsUsing(ResourceSpec goal) => kind is IGivesBack<TSpec> knows && knows.StopsUsing((TSpec)goal);

    public override ResourceSpec? Undescribed(ResourceSpec spec) => (kind as IKnowsDefaults<TSpec>)?.Undescribed((TSpec)spec);

    public override ResourceSpec WithoutLeft(
        ResourceSpec goal,
        ResourceSpec desired,
        ResourceSpec before,
        ResourceSpec applied,
        ResourceSpec observed
    ) =>
        kind is IHasSharedSets<TSpec> shared
            ? shared.WithoutLeft((TSpec)goal, (TSpec)desired, (TSpec)before, (TSpec)applied, (TSpec)observed)
            : goal;

    public override ValueTask RemoveAsync(ResourceSpec spec, CancellationToken ct) =>
        kind is ICanRemove<TSpec> removable ? removable.RemoveAsync((TSpec)spec, ct) : ValueTask.CompletedTask;

    public override async ValueTask<ResourceSpec?> CaptureAsync(ResourceSpec observed, CancellationToken ct) =>
        kind is ICaptures<TSpec> captures ? await captures.CaptureAsync((TSpec)observed, ct) : observed;

    public override async ValueTask<IReadOnlyList<ResourceSpec>> FindOwnedAsync(CancellationToken ct) =>
        kind is IFindsOwned<TSpec> finds ? await finds.FindOwnedAsync(ct) : [];

    public override IEnumerable<Trigger> TriggersOf(ResourceSpec spec) =>
        kind is ITriggered<TSpec> woken ? woken.TriggersOf((TSpec)spec) : [];

    public override void RecordConverged(ResourceSpec seen) => (kind as IRecordsConverged<TSpec>)?.RecordConverged((TSpec)seen);

    public override HealTraits Traits => (kind as IHealTraits)?.Traits ?? HealTraits.Plain;

    public override HealVerdict Decide(PlannedChange change, HealConditions now) =>
        (kind as IHealPolicy<TSpec>)?.Decide((TSpec)change.Spec, change, now) ?? HealVerdict.Act;

    public override HealFailure? MeaningOf(ErrorKind error) => (kind as IHealFailures)?.MeaningOf(error);

    public override WatchedProcess? ProcessOf(ResourceSpec spec) => (kind as IRunsProcesses<TSpec>)?.ProcessOf((TSpec)spec);

    public override string? StallOf(ResourceSpec spec, WatchedProcess process) =>
        (kind as IRunsProcesses<TSpec>)?.StallOf((TSpec)spec, process);

    public override void Forget(IReadOnlyCollection<WatchedProcess> watched) => (kind as IRunsProcesses<TSpec>)?.Forget(watched);

    public override TimeSpan? ProbationOf(PlannedChange change) => (kind as IRunsProcesses<TSpec>)?.ProbationOf((TSpec)change.Spec, change);

    public override string Relapsed(PlannedChange change, int failures) =>
        (kind as IRunsProcesses<TSpec>)?.Relapsed((TSpec)change.Spec, change, failures) ?? $"it did not last {failures} times in a row";

    public override IEnumerable<string> PathsOf(ResourceSpec spec) => (kind as IWritesFiles<TSpec>)?.PathsOf((TSpec)spec) ?? [];

    private async ValueTask<Observation> ObserveOneAsync(TSpec desired, CancellationToken ct)
    {
        try
        {
            return Found(desired, await kind.ObserveAsync(desired, ct));
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            return new Observation(desired.Id, null, null, e);
        }
    }

    private Observation Found(TSpec desired, TSpec? observed) =>
        new(
            desired.Id,
            observed,
            observed is not null && kind is IIgnoresForeign<TSpec> judge ? judge.WithoutForeign(desired, observed) : observed,
            null
        );
}
