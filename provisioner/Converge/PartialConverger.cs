using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Planning;
using Cloudlet.Converge.Plans;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge;

/// <summary>The result of a heal.</summary>
/// <param name="Counts">How many resources were changed, failed and were skipped.</param>
/// <param name="Drift">What the observation after the heal still found deviating; empty proves that the host is healed.</param>
public sealed record Healed(HealCounts Counts, Plan Drift);

/// <summary>How many resources a heal changed, failed to change, and skipped because of those failures.</summary>
/// <param name="Changed">Changed.</param>
/// <param name="Failed">Could not be changed.</param>
/// <param name="Skipped">Skipped.</param>
public sealed record HealCounts(int Changed, int Failed, int Skipped);

/// <summary>
/// The loop of <see cref="Converger"/> for a daemon that keeps a host in its applied state: limited to the affected resources and their
/// dependents, and without a journal, because there is no earlier state to roll back to.
/// </summary>
public sealed class PartialConverger(KindRegistry kinds, IConvergeStore store, TimeProvider clock, ConvergeEventSink events)
{
    private readonly Observer _observer = new(kinds);
    private readonly Planner _planner = new(kinds);
    private readonly Preflight _preflight = new(kinds);

    /// <summary>Plans the changes for deviating resources. Changes nothing and takes no lock.</summary>
    /// <param name="desired">The whole state.</param>
    /// <param name="concerned">Ids to observe, with their dependents; null: everything.</param>
    /// <param name="ct">Cancels the observation.</param>
    public Task<Plan> ObserveAndPlanAsync(HostState desired, IReadOnlyCollection<string>? concerned, CancellationToken ct) =>
        PlanAsync(desired, Narrow(desired, concerned), ct);

    /// <summary>
    /// As <see cref="ObserveAndPlanAsync"/>, for a repair as soon as possible: when one of these resources deviates, costly dependents are
    /// not observed yet; the observation after the heal includes them.
    /// </summary>
    /// <param name="desired">The whole state.</param>
    /// <param name="concerned">Ids to observe; null: everything.</param>
    /// <param name="ct">Cancels the observation.</param>
    public async Task<Plan> ObserveAndPlanFirstAsync(HostState desired, IReadOnlyCollection<string>? concerned, CancellationToken ct)
    {
        var part = Narrow(desired, concerned);
        var near = concerned is null
            ? part.Resources
            : [.. part.Resources.Where(r => !kinds.For(r).Traits.IsCostly || concerned.Contains(r.Id))];
        if (near.Count < part.Resources.Count)
        {
            var plan = await PlanAsync(desired, new HostState { Host = part.Host, Resources = near }, ct);
            if (plan.Changes.Any(c => c.Action != ChangeAction.Refresh && c.Error is null))
                return plan;
        }

        return await PlanAsync(desired, part, ct);
    }

    /// <summary>Applies a plan, or a part of it, and observes again.</summary>
    /// <param name="desired">The whole state that the plan belongs to.</param>
    /// <param name="plan">The changes to make.</param>
    /// <param name="ct">Cancels the work.</param>
    /// <returns>Null when the host's applied state is not, or no longer, this one: another run came in between.</returns>
    /// <exception cref="Errors.CloudletException">Busy: another run has the lock.</exception>
    public async Task<Healed?> HealAsync(HostState desired, Plan plan, CancellationToken ct)
    {
        using var hostLock = store.Lock();
        var journal = store.ReadJournal();
        if (store.ReadApplied() is not { } applied || !applied.Equals(desired) || journal is { Status: RunStatus.Applying })
            return null;
        var counts = await ApplyAsync(await RefuseReplacementsAsync(plan, ct), journal, ct);
        var again = await ObserveAndPlanAsync(desired, [.. plan.Changes.Select(c => c.Id)], ct);
        return new Healed(new HealCounts(counts.Changed, counts.Failed, counts.Skipped), again);
    }

    /// <summary>
    /// Resumes a killed run: applies everything except resources that wait for the boot, their dependents, and removals. The run stays
    /// unfinished, and its journal records what was done. Writes nothing when there is nothing to do.
    /// </summary>
    /// <param name="killed">The run.</param>
    /// <param name="ct">Cancels the work.</param>
    /// <exception cref="Errors.CloudletException">Busy: another run has the lock: the run was not killed, or another process resumes
    /// it.</exception>
    public async Task ResumeAsync(Journal killed, CancellationToken ct)
    {
        using var hostLock = store.Lock();
        if (store.ReadJournal() is not { Status: RunStatus.Applying } journal || journal.Run != killed.Run)
            return;
        var desired = journal.Desired;
        var waiting = desired.Resources.Where(r => kinds.For(r).Traits.WaitsForBoot).Select(r => r.Id).ToHashSet();
        waiting.UnionWith(DependencyOrder.DependentsOf(desired.Resources, waiting));
        var observed = await _observer.ObserveAsync(desired, Past.None, findOwned: false, ct);
        var all = _planner.Plan(desired, observed);
        var plan = all with { Changes = [.. all.Changes.Where(c => !waiting.Contains(c.Id))] };
        if (plan.IsEmpty)
            return;
        using var record = new RunRecord(journal, kinds, store);
        await record.RememberAsync(plan, observed, ct);
        await new Applier(kinds, clock, events, record.RememberAsync).ApplyAsync(await RefuseReplacementsAsync(plan, ct), ct);
    }

    /// <summary>
    /// Applies a plan. A resource that the last run could not start to change is changed for the first time here: its previous state goes
    /// into that run's journal, as if the run had changed it.
    /// </summary>
    private async Task<ApplyCounts> ApplyAsync(Plan plan, Journal? last, CancellationToken ct)
    {
        if (last is not { Unmade.Count: > 0 } journal || !plan.Changes.Any(c => journal.Unmade.Contains(c.Id)))
            return await new Applier(kinds, clock, events).ApplyAsync(plan, ct);
        using var record = new RunRecord(journal, kinds, store);
        return await new Applier(
            kinds,
            clock,
            events,
            (change, token) => journal.Unmade.Contains(change.Id) ? record.RememberAsync(change, token) : Task.CompletedTask
        ).ApplyAsync(plan, ct);
    }

    /// <summary>
    /// A replacement removes before it creates, so one that is certain to fail is left alone. Any other change is tried: the kind of its
    /// error decides about the alarm, and a heal has no time for a preflight.
    /// </summary>
    private async Task<Plan> RefuseReplacementsAsync(Plan plan, CancellationToken ct)
    {
        if (plan.Changes.All(static c => c.Action != ChangeAction.Replace))
            return plan;
        var whole = await _preflight.CheckAsync(plan, ct);
        return whole with
        {
            Changes = [.. whole.Changes.Select(static c => c.Action == ChangeAction.Replace ? c : c with { Refusals = null })],
        };
    }

    /// <summary>What the kinds know about healing.</summary>
    public HealKinds Kinds { get; } = new(kinds);

    /// <summary>Records what an observation concluded about resources that are as described.</summary>
    public void RecordConverged(IEnumerable<ResourceSpec> seen)
    {
        foreach (var spec in seen)
            kinds.For(spec).RecordConverged(spec);
    }

    /// <summary>
    /// A resource that needs its dependencies, such as a unit, is observed together with all of them: if it is started while one is
    /// missing, the start may take minutes, and everything else waits for it.
    /// </summary>
    private async Task<Plan> PlanAsync(HostState whole, HostState part, CancellationToken ct)
    {
        var plan = await PlanAsync(part, ct);
        var under = DependencyOrder.Under(
            whole.Resources,
            plan.Changes.Where(c => c.Action != ChangeAction.Refresh && kinds.For(c.Spec).Traits.NeedsDependencies).Select(c => c.Id)
        );
        under.ExceptWith(part.Resources.Select(r => r.Id));
        if (under.Count == 0)
            return plan;
        under.UnionWith(part.Resources.Select(r => r.Id));
        return await PlanAsync(new HostState { Host = whole.Host, Resources = [.. whole.Resources.Where(r => under.Contains(r.Id))] }, ct);
    }

    private async Task<Plan> PlanAsync(HostState part, CancellationToken ct) =>
        _planner.Plan(part, await _observer.ObserveAsync(part, Past.None, findOwned: false, ct));

    /// <summary>The part of a state with these ids and their dependents.</summary>
    private static HostState Narrow(HostState desired, IReadOnlyCollection<string>? concerned)
    {
        if (concerned is null)
            return desired;
        var part = DependencyOrder.DependentsOf(desired.Resources, concerned);
        part.UnionWith(concerned);
        return new HostState { Host = desired.Host, Resources = [.. desired.Resources.Where(r => part.Contains(r.Id))] };
    }
}
