using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Healing;

/// <summary>Recognizes deviations that a daemon must not heal, or not now: an operator's decision overrides the description.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IHealPolicy<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>Decides about a deviation. Changes nothing.</summary>
    HealVerdict Decide(TSpec desired, PlannedChange change, HealConditions now);
}

/// <summary>Knows what its failures mean for healing.</summary>
public interface IHealFailures
{
    /// <summary>The meaning of an error of this kind; null: the same as for any resource.</summary>
    HealFailure? MeaningOf(ErrorKind error);
}

/// <summary>Differs from a plain fact in how it is healed.</summary>
public interface IHealTraits
{
    /// <summary>The differences.</summary>
    HealTraits Traits { get; }
}

/// <summary>Starts processes that may exit or hang on their own.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IRunsProcesses<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>The main process of a resource that is described as running; null: it is not running.</summary>
    WatchedProcess? ProcessOf(TSpec spec);

    /// <summary>Why the process is present but does not work; null: it works, or the next check is not yet due.</summary>
    string? StallOf(TSpec spec, WatchedProcess process);

    /// <summary>Forgets the data about processes that are no longer watched.</summary>
    void Forget(IReadOnlyCollection<WatchedProcess> watched);

    /// <summary>How long a process must last after a start for the start to count as successful; null: the change starts none.</summary>
    TimeSpan? ProbationOf(TSpec desired, PlannedChange change);

    /// <summary>The message that a process did not last after each of its last starts.</summary>
    string Relapsed(TSpec desired, PlannedChange change, int failures);
}

/// <summary>Writes files on the host.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IWritesFiles<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>Absolute paths of the files that belong to a resource.</summary>
    IEnumerable<string> PathsOf(TSpec spec);
}
