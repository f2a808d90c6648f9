namespace Cloudlet.Machine.Processes;

/// <summary>What the threads of a process are doing, taken together.</summary>
public enum ProcessStance
{
    /// <summary>A thread is running or runnable.</summary>
    Ready,

    /// <summary>Every thread is waiting for an event, as in a service most of the time.</summary>
    Waits,

    /// <summary>A thread is in uninterruptible sleep (state D), usually for a disk or a network file system.</summary>
    WaitsInKernel,

    /// <summary>It is stopped by a signal or traced by a debugger.</summary>
    Held,
}

/// <summary>Progress of a process.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Started">Start time in clock ticks since boot; together with the id it identifies the process.</param>
/// <param name="Moves">A number that changes whenever one of its threads has run; its value has no other meaning.</param>
/// <param name="Stance">What it is doing now.</param>
public sealed record ProcessActivity(int Pid, long Started, long Moves, ProcessStance Stance);

/// <summary>Observes processes without affecting them: no signal, no login, no line in a log.</summary>
public interface IProcessActivity
{
    /// <summary>
    /// A main process and its workers: forked children with the same command line. Helpers with another command line are left out, because
    /// they may be idle for hours. Empty when there is no such process.
    /// </summary>
    /// <param name="mainPid">Process id.</param>
    IReadOnlyList<ProcessActivity> Look(int mainPid);
}
