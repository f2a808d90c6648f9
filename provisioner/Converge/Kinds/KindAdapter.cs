using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Kinds;

/// <summary>A kind as the engine sees it: without its spec type, every optional ability with its plain default.</summary>
internal abstract class KindAdapter
{
    public abstract IReadOnlySet<string> ReplacedBy { get; }

    public abstract ValueTask<IReadOnlyList<Observation>> ObserveAsync(IReadOnlyList<ResourceSpec> desired, CancellationToken ct);

    public abstract ValueTask ApplyAsync(ResourceSpec desired, ResourceSpec? observed, CancellationToken ct);

    public abstract ValueTask<string?> ForeseeAsync(ResourceSpec desired, ResourceSpec? observed, CancellationToken ct);

    public abstract string? TakeNote(ResourceSpec changed);

    public abstract bool CanRemove(ResourceSpec spec);

    public abstract ValueTask RemoveAsync(ResourceSpec spec, CancellationToken ct);

    public abstract ValueTask<ResourceSpec?> CaptureAsync(ResourceSpec observed, CancellationToken ct);

    public abstract ValueTask<IReadOnlyList<ResourceSpec>> FindOwnedAsync(CancellationToken ct);

    public abstract IEnumerable<Wake> WokenBy(ResourceSpec spec);

    public abstract void Adopt(ResourceSpec seen);
}

/// <inheritdoc/>
internal sealed class KindAdapter<TSpec>(IResourceKind<TSpec> kind) : KindAdapter
    where TSpec : ResourceSpec
{
    private static readonly HashSet<string> Nothing = [];

    public override IReadOnlySet<string> ReplacedBy => (kind as IReplaces)?.ReplacedBy ?? Nothing;

    public override async ValueTask<IReadOnlyList<Observation>> ObserveAsync(IReadOnlyList<ResourceSpec> desired, CancellationToken ct)
    {
        if (kind is IObservesMany<TSpec> many)
        {
            try
            {
                var all = await many.ObserveManyAsync([.. desired.Cast<TSpec>()], ct);
                return [.. desired.Select((spec, i) => Found((TSpec)spec, all[i]))];
            }
            catch (Exception) when (!ct.IsCancellationRequested)
            {
                // One bad apple spoils a batch; asking one by one tells which.
            }
        }

        var answers = new Observation[desired.Count];
        for (var i = 0; i < desired.Count; i++)
            answers[i] = await ObserveOneAsync((TSpec)desired[i], ct);
        return answers;
    }

    public override ValueTask ApplyAsync(ResourceSpec desired, ResourceSpec? observed, CancellationToken ct) =>
        kind.ApplyAsync((TSpec)desired, (TSpec?)observed, ct);

    public override ValueTask<string?> ForeseeAsync(ResourceSpec desired, ResourceSpec? observed, CancellationToken ct) =>
        kind is IForesees<TSpec> foresees ? foresees.ForeseeAsync((TSpec)desired, (TSpec?)observed, ct) : new((string?)null);

    public override string? TakeNote(ResourceSpec changed) => (kind as ITellsNotes<TSpec>)?.TakeNote((TSpec)changed);

    public override bool CanRemove(ResourceSpec spec) => kind is IRemovable<TSpec> removable && removable.CanRemove((TSpec)spec);

    public override ValueTask RemoveAsync(ResourceSpec spec, CancellationToken ct) =>
        kind is IRemovable<TSpec> removable ? removable.RemoveAsync((TSpec)spec, ct) : ValueTask.CompletedTask;

    public override async ValueTask<ResourceSpec?> CaptureAsync(ResourceSpec observed, CancellationToken ct) =>
        kind is ICaptures<TSpec> captures ? await captures.CaptureAsync((TSpec)observed, ct) : observed;

    public override async ValueTask<IReadOnlyList<ResourceSpec>> FindOwnedAsync(CancellationToken ct) =>
        kind is IFindsOwned<TSpec> finds ? await finds.FindOwnedAsync(ct) : [];

    public override IEnumerable<Wake> WokenBy(ResourceSpec spec) => kind is IWoken<TSpec> woken ? woken.WokenBy((TSpec)spec) : [];

    public override void Adopt(ResourceSpec seen) => (kind as IAdopts<TSpec>)?.Adopt((TSpec)seen);

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

    private Observation Found(TSpec desired, TSpec? observed) => new(
        desired.Id, observed, observed is not null && kind is IJudgesForeign<TSpec> judge ? judge.Judge(desired, observed) : observed, null);
}

/// <summary>What one look at a resource gave.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Actual">Everything that was seen; null: absent.</param>
/// <param name="Judged">The same without what is none of our business; what plans compare.</param>
/// <param name="Error">Why nothing could be seen, or null.</param>
public sealed record Observation(string Id, ResourceSpec? Actual, ResourceSpec? Judged, Exception? Error);
