using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.State;

/// <summary>
/// The engine's records on a host between runs. Soft state: without it a host still reaches its digest; only rollback, and the knowledge
/// about unmarked resources of earlier states, are lost.
/// </summary>
public interface IConvergeStore
{
    /// <summary>Takes the host's only lock; it ends with the handle or with the process, however that ends. Writes nothing.</summary>
    /// <exception cref="CloudletException">Busy: another process has it; the message names the process and since when.</exception>
    IDisposable Lock();

    /// <summary>The journal of the last run that changed something, or null. A damaged one is set aside and treated as missing.</summary>
    Journal? ReadJournal();

    /// <summary>Replaces the journal atomically.</summary>
    void WriteJournal(Journal journal);

    /// <summary>The last state that was applied here, or null.</summary>
    HostState? ReadApplied();

    /// <summary>Replaces the record of the last applied state atomically; null removes it.</summary>
    void WriteApplied(HostState? state);

    /// <summary>The host's state before our first run, without the changes of the last run, or null.</summary>
    Baseline? ReadOrigin();

    /// <summary>Replaces the origin atomically; null removes it.</summary>
    void WriteOrigin(Baseline? origin);

    /// <summary>
    /// Notices about the records that were read since the last call, such as damaged entries that were dropped; one line per notice.
    /// </summary>
    IReadOnlyList<string> TakeNotices() => [];

    /// <summary>The owner of this host, or null.</summary>
    Ownership? ReadOwner();

    /// <summary>Replaces the owner atomically; null removes it.</summary>
    void WriteOwner(Ownership? owner);
}

/// <summary>Rolls the host back if a run is not confirmed in time. Runs outside our process, so killing us does not disarm it.</summary>
public interface IGuard
{
    /// <summary>
    /// Arms the guard, or moves its deadline: after <paramref name="window"/> it rolls back <paramref name="run"/> unless that was
    /// confirmed.
    /// </summary>
    Task ArmAsync(string run, TimeSpan window, CancellationToken ct);

    /// <summary>Disarms the guard; it is not an error if it is not armed.</summary>
    Task DisarmAsync(string run, CancellationToken ct);
}
