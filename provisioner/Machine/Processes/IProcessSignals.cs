namespace Cloudlet.Machine.Processes;

/// <summary>Signals to processes that want them.</summary>
public interface IProcessSignals
{
    /// <summary>
    /// Sends a signal to a process that has a handler for it; one that has none would die of it. False when nothing was sent: no such process, no handler, or no privilege.
    /// </summary>
    /// <param name="pid">Process id.</param>
    /// <param name="signal">Number of the signal.</param>
    /// <param name="isStillIt">Asked when the process is held: whether the id is still that of the process that is meant.</param>
    bool SendIfCaught(int pid, int signal, Func<bool> isStillIt);

    /// <summary>True for a process that waits for something (its main thread sleeps), and was not started just now. False when there is none.</summary>
    /// <param name="pid">Process id.</param>
    /// <param name="age">Runs at least this long.</param>
    bool IsIdle(int pid, TimeSpan age);

    /// <summary>True for a process that a signal (SIGSTOP, SIGTSTP) has stopped: it is there and does nothing. One that a debugger holds does not count.</summary>
    /// <param name="pid">Process id.</param>
    bool IsStopped(int pid);

    /// <summary>Lets a stopped process go on (SIGCONT). False when it is none, or nothing was sent.</summary>
    /// <param name="pid">Process id.</param>
    /// <param name="isStillIt">Asked when the process is held: whether the id is still that of the process that is meant.</param>
    bool Continue(int pid, Func<bool> isStillIt);
}
