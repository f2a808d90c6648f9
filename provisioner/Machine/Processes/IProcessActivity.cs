namespace Cloudlet.Machine.Processes;

/// <summary>What a process does at a moment, all of its threads together.</summary>
public enum ProcessStance
{
    /// <summary>A thread runs, or waits for nothing but a processor.</summary>
    Ready,

    /// <summary>Every thread waits for an event, as a service does most of the time.</summary>
    Waits,

    /// <summary>A thread waits in the kernel for a disk or a network file system (state D), where no signal reaches it.</summary>
    WaitsInKernel,

    /// <summary>A signal has stopped it, or a debugger looks at it.</summary>
    Held,
}

/// <summary>How far a process has come.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Started">When it was started, clock ticks since boot: with the id it names one process for good.</param>
/// <param name="Moves">Another number than before when one of its threads has run since; nothing else is in it.</param>
/// <param name="Stance">What it does now.</param>
public sealed record ProcessActivity(int Pid, long Started, long Moves, ProcessStance Stance);

/// <summary>Looks at processes without touching them: no signal, no password, no line in a log.</summary>
public interface IProcessActivity
{
    /// <summary>
    /// A main process and its workers: those of its children that have its command line, because they were forked and do the same work. Helpers that it runs (another command line) are not among them, because they
    /// may have nothing to do for hours. Empty when there is no such process.
    /// </summary>
    /// <param name="mainPid">Process id.</param>
    IReadOnlyList<ProcessActivity> Look(int mainPid);
}
