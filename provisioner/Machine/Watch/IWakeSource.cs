namespace Cloudlet.Machine.Watch;

/// <summary>
/// Something that says when to look at the host. It is at work from its construction on, and sleeps in the kernel while nothing happens.
/// Its sink is called from a thread of its own, one event after the other, and must neither throw (that ends the process) nor take long
/// (the kernel's queue fills meanwhile). Nothing is reported after Dispose has returned; Dispose waits for a sink that is at work, except
/// when it is called by that sink.
/// </summary>
public interface IWakeSource : IDisposable;
