using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Planning;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Units;

namespace Cloudlet.Converge;

/// <summary>How a heal ended.</summary>
/// <param name="Counts">What was changed, failed and was left alone.</param>
/// <param name="Drift">What was still not as described when the host was looked at again; empty is the proof that it is healed.</param>
public sealed record Healed(HealCounts Counts, Plan Drift);

/// <summary>How many resources a heal changed, could not change, left alone because of those.</summary>
/// <param name="Changed">Changed.</param>
/// <param name="Failed">Could not be changed.</param>
/// <param name="Skipped">Left alone.</param>
public sealed record HealCounts(int Changed, int Failed, int Skipped);

/// <summary>
/// The loop of <see cref="Converger"/> for whoever holds a host to a state that was applied already: narrowed to what is concerned and what depends on it, and without a journal, because
/// there is no state before to go back to.
/// </summary>
public sealed class Healer(KindRegistry kinds, IConvergeStore store, TimeProvider clock, ConvergeEventSink events)
{
    private readonly Observer observer = new(kinds);
    private readonly Planner planner = new(kinds);

    /// <summary>What is not as described. Changes nothing and takes no lock.</summary>
    /// <param name="desired">The whole state.</param>
    /// <param name="concerned">Ids to look at, with what depends on them; null: everything.</param>
    /// <param name="ct">Ends the look.</param>
    public Task<Plan> LookAsync(HostState desired, IReadOnlyCollection<string>? concerned, CancellationToken ct) =>
        PlanAsync(desired, Narrow(desired, concerned), ct);

    /// <summary>
    /// As <see cref="LookAsync"/>, for whoever wants to repair soon: when something concerned deviates, the units that only depend on it are not looked at yet. That takes several times longer than a look at a link or a file,
    /// and the look after the heal is at them, too.
    /// </summary>
    /// <param name="desired">The whole state.</param>
    /// <param name="concerned">Ids to look at; null: everything.</param>
    /// <param name="ct">Ends the look.</param>
    public async Task<Plan> LookFirstAsync(HostState desired, IReadOnlyCollection<string>? concerned, CancellationToken ct)
    {
        var part = Narrow(desired, concerned);
        var near = concerned is null ? part.Resources : [.. part.Resources.Where(r => r is not UnitSpec || concerned.Contains(r.Id))];
        if (near.Count < part.Resources.Count)
        {
            var plan = await PlanAsync(desired, new HostState { Host = part.Host, Resources = near }, ct);
            if (plan.Changes.Any(c => c.Action != ChangeAction.Refresh && c.Error is null))
                return plan;
        }

        return await PlanAsync(desired, part, ct);
    }

    /// <summary>Does a plan that a look gave, or a part of it, and looks again.</summary>
    /// <param name="desired">The whole state that the plan belongs to.</param>
    /// <param name="plan">What to do.</param>
    /// <param name="ct">Ends the work.</param>
    /// <returns>Null when the host's state is not, or not any more, this one: another run came in between.</returns>
    /// <exception cref="Errors.CloudletException">Busy: another run has the lock.</exception>
    public async Task<Healed?> HealAsync(HostState desired, Plan plan, CancellationToken ct)
    {
        using var held = store.Lock();
        if (store.ReadApplied() is not { } applied || !applied.Equals(desired) || store.ReadJournal() is { Status: RunStatus.Applying })
            return null;
        var counts = await new Applier(kinds, clock, events).ApplyAsync(plan, ct);
        var again = await LookAsync(desired, [.. plan.Changes.Select(c => c.Id)], ct);
        return new Healed(new HealCounts(counts.Changed, counts.Failed, counts.Skipped), again);
    }

    /// <summary>
    /// Of a run that was killed, does what does not have to wait: neither what <paramref name="waits"/> nor what comes after it, nor removals. The run stays unfinished, and what is done of it is in its journal.
    /// Writes nothing when there is nothing to do.
    /// </summary>
    /// <param name="killed">The run.</param>
    /// <param name="waits">What is for whoever finishes the run.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="Errors.CloudletException">Busy: another run has the lock, because the run was not killed or somebody finishes it.</exception>
    public async Task ResumeAsync(Journal killed, Func<ResourceSpec, bool> waits, CancellationToken ct)
    {
        using var held = store.Lock();
        if (store.ReadJournal() is not { Status: RunStatus.Applying } journal || journal.Run != killed.Run)
            return;
        var desired = journal.Desired;
        var waiting = desired.Resources.Where(waits).Select(r => r.Id).ToHashSet();
        waiting.UnionWith(DependencyOrder.StandingOn(desired.Resources, waiting));
        var observed = await observer.ObserveAsync(desired, [], findOwned: false, ct);
        var all = planner.Plan(desired, observed);
        var plan = all with { Changes = [.. all.Changes.Where(c => !waiting.Contains(c.Id))] };
        if (plan.IsEmpty)
            return;
        using var record = new RunRecord(journal, kinds, store);
        await record.RememberAsync(plan, observed, ct);
        await new Applier(kinds, clock, events, record.RememberAsync).ApplyAsync(plan, ct);
    }

    /// <summary>What wakes whoever holds the resource to its description.</summary>
    public IEnumerable<Wake> WokenBy(ResourceSpec spec) => kinds.For(spec).WokenBy(spec);

    /// <summary>Makes firm what a look concluded about resources that are as described.</summary>
    public void Adopt(IEnumerable<ResourceSpec> seen)
    {
        foreach (var spec in seen)
            kinds.For(spec).Adopt(spec);
    }

    /// <summary>
    /// A unit that is to be changed is looked at together with all that it comes after: started without one of those, it may wait for it for minutes, and everything else would wait for that start.
    /// </summary>
    private async Task<Plan> PlanAsync(HostState whole, HostState part, CancellationToken ct)
    {
        var plan = await PlanAsync(part, ct);
        var under = DependencyOrder.Under(whole.Resources, plan.Changes.Where(c => c.Spec is UnitSpec && c.Action != ChangeAction.Refresh).Select(c => c.Id));
        under.ExceptWith(part.Resources.Select(r => r.Id));
        if (under.Count == 0)
            return plan;
        under.UnionWith(part.Resources.Select(r => r.Id));
        return await PlanAsync(new HostState { Host = whole.Host, Resources = [.. whole.Resources.Where(r => under.Contains(r.Id))] }, ct);
    }

    private async Task<Plan> PlanAsync(HostState part, CancellationToken ct) => planner.Plan(part, await observer.ObserveAsync(part, [], findOwned: false, ct));

    /// <summary>The part of a state that the ids name, and what depends on it.</summary>
    private static HostState Narrow(HostState desired, IReadOnlyCollection<string>? concerned)
    {
        if (concerned is null)
            return desired;
        var part = DependencyOrder.StandingOn(desired.Resources, concerned);
        part.UnionWith(concerned);
        return new HostState { Host = desired.Host, Resources = [.. desired.Resources.Where(r => part.Contains(r.Id))] };
    }
}
