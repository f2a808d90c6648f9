namespace Cloudlet.Synthesis.Overlays;

/// <summary>Work that other threads do on stores which their owner is about to close.</summary>
internal static class WorkUnderWay
{
    /// <summary>Waits until all of it has ended, well or not.</summary>
    public static void Settle(IEnumerable<Task> work) => Task.WhenAll(work).ContinueWith(static _ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
}
