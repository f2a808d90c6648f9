using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Kinds;

/// <summary>How one kind of resource is observed and applied. This is the whole of what a kind must do; the interfaces below are optional abilities.</summary>
/// <typeparam name="TSpec">The spec that describes such a resource.</typeparam>
public interface IResourceKind<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>
    /// What is there now, as the same type: <c>desired with { … }</c> every property that can be observed, whether <paramref name="desired"/> names it or not. Null: absent.
    /// Changes nothing. Throws <see cref="Errors.CloudletException"/> when it cannot know.
    /// </summary>
    ValueTask<TSpec?> ObserveAsync(TSpec desired, CancellationToken ct);

    /// <summary>
    /// Makes the resource as <paramref name="desired"/> says with the smallest change from <paramref name="observed"/> (null: absent). Must be safe to repeat and safe to
    /// kill at any point: done again from wherever it stopped, it ends in the same state.
    /// </summary>
    ValueTask ApplyAsync(TSpec desired, TSpec? observed, CancellationToken ct);
}

/// <summary>Observes many at the cost of one (a netlink dump, the package database).</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IObservesMany<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>As <see cref="IResourceKind{TSpec}.ObserveAsync"/>, one answer for each of <paramref name="desired"/> in the same order.</summary>
    ValueTask<IReadOnlyList<TSpec?>> ObserveManyAsync(IReadOnlyList<TSpec> desired, CancellationToken ct);
}

/// <summary>Can take away a resource that nobody describes any more.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IRemovable<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>False: this one is only forgotten (a package, a network card, a unit that somebody else brought).</summary>
    bool CanRemove(TSpec spec);

    /// <summary>Removes it; one that is gone already is not an error.</summary>
    ValueTask RemoveAsync(TSpec spec, CancellationToken ct);
}

/// <summary>Knows facts on the host that belong to somebody else.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IJudgesForeign<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary><paramref name="observed"/> without what <paramref name="desired"/> has no say in, ready to be compared. Pure.</summary>
    TSpec Judge(TSpec desired, TSpec observed);
}

/// <summary>Needs more than the observation to bring back later what is there now.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface ICaptures<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>The spec which, applied later, brings back what is there now. Called before a change; may store content of its own. Null: there is nothing to bring back, the resource would be removed.</summary>
    ValueTask<TSpec?> CaptureAsync(TSpec observed, CancellationToken ct);
}

/// <summary>Can recognize its own resources by a mark on the host, without any record of ours.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IFindsOwned<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>Everything of this kind on the host that carries our mark.</summary>
    ValueTask<IReadOnlyList<TSpec>> FindOwnedAsync(CancellationToken ct);
}

/// <summary>Has properties that cannot be changed in place.</summary>
public interface IReplaces
{
    /// <summary>JSON names of the properties whose change replaces the resource.</summary>
    IReadOnlySet<string> ReplacedBy { get; }
}

/// <summary>Can find out before anything is touched that a change would be refused.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IForesees<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>
    /// Why <see cref="IResourceKind{TSpec}.ApplyAsync"/> would refuse <paramref name="desired"/>, whatever else is changed before it; null: nothing is known against it. Changes nothing.
    /// </summary>
    ValueTask<string?> ForeseeAsync(TSpec desired, TSpec? observed, CancellationToken ct);
}

/// <summary>Has something to say about a change that was made.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface ITellsNotes<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>What is worth knowing about the last change of a resource and is no failure, once; null: nothing.</summary>
    string? TakeNote(TSpec changed);
}
