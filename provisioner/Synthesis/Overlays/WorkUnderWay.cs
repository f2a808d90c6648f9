namespace Cloudlet.Synthesis.Overlays;

/// <summary>Tasks that use stores which their owner is about to close.</summary>
internal static class WorkUnderWay
{
    /// <summary>Waits until all tasks have ended, whatever their result.</summary>
    public static void Drain(IEnumerable<Task> work) =>
        Task.WhenAll(work).ContinueWith(static _ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
}
