namespace Cloudlet.Machine.Watch;

/// <summary>
/// A source of events that tell when to observe the host. It is active from its construction on, and blocks in the kernel while nothing
/// happens. Its sink is called from a dedicated thread, for one event at a time, and must neither throw (that ends the process) nor block
/// (the kernel's queue fills). Nothing is reported after Dispose has returned; Dispose waits for a running sink, except when that sink
/// calls it.
/// </summary>
public interface IWakeSource : IDisposable;
