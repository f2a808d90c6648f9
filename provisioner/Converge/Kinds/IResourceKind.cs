using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Kinds;

/// <summary>
/// How one kind of resource is observed and applied. A kind must implement only this; the interfaces below are optional abilities.
/// </summary>
/// <typeparam name="TSpec">The spec that describes such a resource.</typeparam>
public interface IResourceKind<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>
    /// The present state, as the same type: <c>desired with { … }</c> every property that can be observed, whether
    /// <paramref name="desired"/> names it or not. Null: absent. Changes nothing. Throws <see cref="Errors.CloudletException"/> when the
    /// state cannot be determined.
    /// </summary>
    ValueTask<TSpec?> ObserveAsync(TSpec desired, CancellationToken ct);

    /// <summary>
    /// Brings the resource to <paramref name="desired"/> with the smallest change from <paramref name="observed"/> (null: absent). Must be
    /// safe to repeat and safe to kill at any point: repeated from wherever it stopped, it ends in the same state.
    /// </summary>
    /// <param name="desired">The desired state.</param>
    /// <param name="observed">The present state; null: absent.</param>
    /// <param name="action">Create, update or replace, as planned: the plan decides whether a property can be changed in place, by
    /// <see cref="IHasImmutableProperties"/>.</param>
    /// <param name="ct">Cancels the work.</param>
    ValueTask ApplyAsync(TSpec desired, TSpec? observed, ChangeAction action, CancellationToken ct);
}

/// <summary>Observes many at the cost of one (a netlink dump, the package database).</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IObservesMany<TSpec> : IResourceKind<TSpec>
    where TSpec : ResourceSpec
{
    async ValueTask<TSpec?> IResourceKind<TSpec>.ObserveAsync(TSpec desired, CancellationToken ct) =>
        (await ObserveManyAsync([desired], ct))[0];

    /// <summary>
    /// As <see cref="IResourceKind{TSpec}.ObserveAsync"/>, one answer for each of <paramref name="desired"/> in the same order.
    /// </summary>
    ValueTask<IReadOnlyList<TSpec?>> ObserveManyAsync(IReadOnlyList<TSpec> desired, CancellationToken ct);
}

/// <summary>Can remove a resource that is no longer described.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface ICanRemove<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>False: this resource is only forgotten (a package, a network card, a unit that we did not bring).</summary>
    bool CanRemove(TSpec spec);

    /// <summary>
    /// As <see cref="CanRemove(TSpec)"/>, when the resources for which <paramref name="goes"/> is true are removed before it.
    /// </summary>
    bool CanRemove(TSpec spec, Func<string, bool> goes) => CanRemove(spec);

    /// <summary>Why a resource that <see cref="CanRemove(TSpec)"/> refuses is kept.</summary>
    string KeptBecause(TSpec spec) => "it is never removed, only forgotten";

    /// <summary>Removes it; a resource that is already absent is not an error.</summary>
    ValueTask RemoveAsync(TSpec spec, CancellationToken ct);
}

/// <summary>Recognizes facts on the host that are not managed by us.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IIgnoresForeign<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary><paramref name="observed"/> without what <paramref name="desired"/> does not manage, ready to be compared. Pure.</summary>
    TSpec WithoutForeign(TSpec desired, TSpec observed);
}

/// <summary>Needs more than the observation to restore the present state later.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface ICaptures<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>
    /// The spec which, applied later, restores the present state. Called before a change; may store content of its own. Null: there is
    /// nothing to restore, the resource would be removed.
    /// </summary>
    ValueTask<TSpec?> CaptureAsync(TSpec observed, CancellationToken ct);
}

/// <summary>
/// Knows how much of a resource is ours when it leaves the description. Without this ability a resource is ours while everything that we
/// described of it is still as described, and its whole previous state is restored.
/// </summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IGivesBack<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>Whether the present resource is the one we made or changed, and not a replacement by others. Pure.</summary>
    /// <param name="applied">As it was last applied.</param>
    /// <param name="observed">The present state.</param>
    bool IsOurs(TSpec applied, TSpec observed);

    /// <summary>The state before, without what others changed after us: that is not ours to undo.</summary>
    /// <param name="before">The state before our first change.</param>
    /// <param name="applied">As it was last applied.</param>
    /// <param name="observed">The present state.</param>
    TSpec GiveBack(TSpec before, TSpec applied, TSpec observed) => before;

    /// <summary>
    /// True when reaching this state ends the use of the resource's dependencies (a unit that stops): it is done before any of them is
    /// removed. Pure.
    /// </summary>
    bool StopsUsing(TSpec goal) => false;
}

/// <summary>
/// Knows the default of a resource that we made, if the description said only that it exists: a property that is no longer described
/// returns to it.
/// </summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IKnowsDefaults<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary><c>spec with { … }</c> every property whose default is known. Pure.</summary>
    TSpec Undescribed(TSpec spec);
}

/// <summary>
/// Has sets in which others may have elements too, so that an element of ours that is no longer described is not seen as a
/// difference.
/// </summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IHasSharedSets<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>
    /// <paramref name="goal"/>, changed to remove the elements that are only in <paramref name="applied"/>, not in the description or in
    /// the state before. Pure.
    /// </summary>
    /// <param name="goal">The goal for everything else.</param>
    /// <param name="desired">The description.</param>
    /// <param name="before">The state before our first change.</param>
    /// <param name="applied">The state that was last applied.</param>
    /// <param name="observed">The present state.</param>
    TSpec WithoutLeft(TSpec goal, TSpec desired, TSpec before, TSpec applied, TSpec observed);
}

/// <summary>Recognizes its own resources by a mark on the host, without any of our records.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IFindsOwned<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>False: resources that were there before us get the mark too, so it proves nothing about them.</summary>
    bool IsProof => true;

    /// <summary>All resources of this kind on the host with our mark.</summary>
    ValueTask<IReadOnlyList<TSpec>> FindOwnedAsync(CancellationToken ct);
}

/// <summary>Has properties that cannot be changed in place.</summary>
public interface IHasImmutableProperties
{
    /// <summary>JSON names of the properties whose change requires a replacement.</summary>
    IReadOnlySet<string> ReplacedBy { get; }
}

/// <summary>Detects, before anything is touched, that a change would be refused.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IPreflight<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>
    /// Why <see cref="IResourceKind{TSpec}.ApplyAsync"/> is certain to fail, each reason a sentence; empty: no known reason.
    /// Changes nothing.
    /// </summary>
    /// <param name="desired">The desired state.</param>
    /// <param name="observed">The present state; null: absent.</param>
    /// <param name="plan">All changes of the same run: what another change may bring is not certain to be missing.</param>
    /// <param name="ct">Cancels the check.</param>
    ValueTask<IReadOnlyList<string>> CheckAsync(TSpec desired, TSpec? observed, Plan plan, CancellationToken ct);
}

/// <summary>Reports what a change is waiting for while it is made.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IShowsProgress<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>The present wait, and its timeout; null: nothing to report.</summary>
    string? Doing(TSpec changing);
}

/// <summary>Reports warnings about a change that was made.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IReportsWarnings<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>A warning about the last change of a resource that is not a failure, returned once; null: none.</summary>
    string? TakeWarning(TSpec changed);
}

/// <summary>Explains why a resource is not as described.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IExplains<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>What the host knows about the cause, for people; null: nothing. Changes nothing and does not fail.</summary>
    /// <param name="desired">The description.</param>
    /// <param name="observed">The present state; null: absent.</param>
    /// <param name="ct">Cancels the check.</param>
    ValueTask<string?> WhyAsync(TSpec desired, TSpec? observed, CancellationToken ct);
}
