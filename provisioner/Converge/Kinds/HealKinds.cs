using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Kinds;

/// <summary>Answers questions about healing, by passing each to the kind of the resource.</summary>
public sealed class HealKinds(KindRegistry kinds)
{
    /// <inheritdoc cref="IHealPolicy{TSpec}.Decide"/>
    public HealVerdict Decide(PlannedChange change, HealConditions now) => kinds.For(change.Spec).Decide(change, now);

    /// <inheritdoc cref="IHealFailures.MeaningOf"/>
    public HealFailure? MeaningOf(ResourceSpec spec, ErrorKind error) => kinds.For(spec).MeaningOf(error);

    /// <inheritdoc cref="IHealTraits.Traits"/>
    public HealTraits TraitsOf(ResourceSpec spec) => kinds.For(spec).Traits;

    /// <inheritdoc cref="IRunsProcesses{TSpec}.ProbationOf"/>
    public TimeSpan? ProbationOf(PlannedChange change) => kinds.For(change.Spec).ProbationOf(change);

    /// <inheritdoc cref="IRunsProcesses{TSpec}.Relapsed"/>
    public string Relapsed(PlannedChange change, int failures) => kinds.For(change.Spec).Relapsed(change, failures);

    /// <summary>The processes of all resources that run some.</summary>
    public IReadOnlyList<WatchedProcess> ProcessesOf(HostState state)
    {
        WatchedProcess[] watched = [.. state.Resources.Select(s => kinds.For(s).ProcessOf(s)).OfType<WatchedProcess>()];
        foreach (var kind in kinds.All)
            kind.Forget(watched);
        return watched;
    }

    /// <inheritdoc cref="IRunsProcesses{TSpec}.StallOf"/>
    public string? StallOf(WatchedProcess process) => kinds.For(process.Spec).StallOf(process.Spec, process);

    /// <summary>Absolute paths of the files that belong to the resources of a state.</summary>
    public IEnumerable<string> PathsOf(HostState state) => state.Resources.SelectMany(s => kinds.For(s).PathsOf(s));

    /// <summary>The triggers that make the daemon observe a resource.</summary>
    public IEnumerable<Trigger> TriggersOf(ResourceSpec spec) => kinds.For(spec).TriggersOf(spec);
}
