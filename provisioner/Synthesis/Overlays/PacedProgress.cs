using System.Diagnostics;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Reports the progress of long operations, once a second.</summary>
/// <param name="to">Receives the reports.</param>
/// <param name="what">What is being done.</param>
/// <param name="all">Total amount of work.</param>
internal sealed class PacedProgress(IProgress<string> to, string what, long all) : IProgress<long>
{
    private long _last = Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public void Report(long value)
    {
        var last = Interlocked.Read(ref _last);
        if (
            Stopwatch.GetElapsedTime(last) >= TimeSpan.FromSeconds(1)
            && Interlocked.CompareExchange(ref _last, Stopwatch.GetTimestamp(), last) == last
        )
            to.Report($"{what}: {(all > 0 ? 100 * value / all : 100)} %");
    }
}
