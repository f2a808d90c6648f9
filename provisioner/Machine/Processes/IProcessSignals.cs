namespace Cloudlet.Machine.Processes;

/// <summary>Sends signals to processes that handle them.</summary>
public interface IProcessSignals
{
    /// <summary>
    /// Sends a signal to a process that has a handler for it; without one the signal would kill it. False when nothing was sent: no such
    /// process, no handler, or no privilege.
    /// </summary>
    /// <param name="pid">Process id.</param>
    /// <param name="signal">Number of the signal.</param>
    /// <param name="isStillIt">Called once the process is pinned: true when the id still belongs to the intended process.</param>
    bool SendIfCaught(int pid, int signal, Func<bool> isStillIt);

    /// <summary>
    /// True for a process whose main thread sleeps, and that was not started just now. False when there is no such process.
    /// </summary>
    /// <param name="pid">Process id.</param>
    /// <param name="age">Least time since its start.</param>
    bool IsIdle(int pid, TimeSpan age);

    /// <summary>True for a process that was stopped by a signal (SIGSTOP, SIGTSTP); false for one that a debugger has stopped.</summary>
    /// <param name="pid">Process id.</param>
    bool IsStopped(int pid);

    /// <summary>Continues a stopped process (SIGCONT). False when it is not stopped, or nothing was sent.</summary>
    /// <param name="pid">Process id.</param>
    /// <param name="isStillIt">Called once the process is pinned: true when the id still belongs to the intended process.</param>
    bool Continue(int pid, Func<bool> isStillIt);
}
