using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.State;

/// <summary>
/// What the engine keeps on a host between runs. Soft state: without it a host still reaches its digest; only the way back and the knowledge of what an
/// earlier state had beside the marked things are gone.
/// </summary>
public interface IConvergeStore
{
    /// <summary>Takes the host's one lock; it ends with the handle or with the process, however that dies. Writes nothing.</summary>
    /// <exception cref="CloudletException">Busy: somebody has it; the message names the process and since when.</exception>
    IDisposable Lock();

    /// <summary>The journal of the last run that changed something, or null. A damaged one is set aside and counts as none.</summary>
    Journal? ReadJournal();

    /// <summary>Replaces the journal atomically.</summary>
    void WriteJournal(Journal journal);

    /// <summary>The last state that was applied here, or null.</summary>
    HostState? ReadApplied();

    /// <summary>Replaces the record of the last applied state atomically; null removes it.</summary>
    void WriteApplied(HostState? state);

    /// <summary>How the host was before our first run, without what the last one changed, or null.</summary>
    Origin? ReadOrigin();

    /// <summary>Replaces that atomically; null removes it.</summary>
    void WriteOrigin(Origin? origin);
}

/// <summary>Brings the host back when nobody confirms in time; lives outside our process, so that killing us does not disarm it.</summary>
public interface IGuard
{
    /// <summary>Arms the guard, or moves its deadline: <paramref name="window"/> from now it rolls back run <paramref name="run"/> unless that was confirmed.</summary>
    Task ArmAsync(string run, TimeSpan window, CancellationToken ct);

    /// <summary>Disarms it; one that is not armed is not an error.</summary>
    Task DisarmAsync(string run, CancellationToken ct);
}
