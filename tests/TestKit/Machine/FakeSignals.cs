using Cloudlet.Machine.Processes;

namespace Cloudlet.TestKit.Machine;

/// <summary>Signals of a host in memory: which process received which, and which are stopped.</summary>
public sealed class FakeSignals : IProcessSignals
{
    /// <summary>What was sent, as <c>SIGNAL to PID</c>.</summary>
    public IList<string> Sent { get; } = [];

    /// <summary>Processes that a signal has stopped.</summary>
    public ISet<int> Stopped { get; } = new HashSet<int>();

    /// <summary>Whether processes have handlers.</summary>
    public bool Catches { get; set; } = true;

    /// <summary>Processes that are busy, or were just started.</summary>
    public ISet<int> Busy { get; } = new HashSet<int>();

    /// <summary>Runs while a process is held.</summary>
    public Action? WhileHeld { get; set; }

    /// <summary>Runs after a signal was sent.</summary>
    public Action? OnSend { get; set; }

    /// <inheritdoc/>
    public bool SendIfCaught(int pid, int signal, Func<bool> isStillIt)
    {
        WhileHeld?.Invoke();
        if (!isStillIt() || !Catches)
            return false;
        Sent.Add($"{signal} to {pid}");
        OnSend?.Invoke();
        return true;
    }

    /// <inheritdoc/>
    public bool IsIdle(int pid, TimeSpan age) => !Busy.Contains(pid);

    /// <inheritdoc/>
    public bool IsStopped(int pid) => Stopped.Contains(pid);

    /// <inheritdoc/>
    public bool Continue(int pid, Func<bool> isStillIt)
    {
        WhileHeld?.Invoke();
        if (!isStillIt() || !Stopped.Remove(pid))
            return false;
        Sent.Add($"CONT to {pid}");
        return true;
    }
}
