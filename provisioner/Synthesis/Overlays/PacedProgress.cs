using System.Diagnostics;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Receives progress in bytes, beside messages. A receiver of messages that also implements this gets no percentages as text.
/// </summary>
public interface IByteProgress
{
    /// <summary>Reports how much of a step is done.</summary>
    /// <param name="what">The step.</param>
    /// <param name="done">Bytes that are done.</param>
    /// <param name="total">Bytes of the step.</param>
    void Report(string what, long done, long total);
}

/// <summary>Reports the progress of long operations, once a second.</summary>
/// <param name="to">Receives the reports.</param>
/// <param name="what">What is being done.</param>
/// <param name="all">Total amount of work.</param>
/// <param name="unit">Bytes of a unit of work.</param>
public sealed class PacedProgress(IProgress<string> to, string what, long all, int unit = 1) : IProgress<long>
{
    private long _last = Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public void Report(long value)
    {
        var last = Interlocked.Read(ref _last);
        if (
            Stopwatch.GetElapsedTime(last) < (to is IByteProgress ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(1))
            || Interlocked.CompareExchange(ref _last, Stopwatch.GetTimestamp(), last) != last
        )
            return;
        if (to is IByteProgress bytes)
            bytes.Report(what, value * unit, all * unit);
        else
            to.Report($"{what}: {(all > 0 ? 100 * value / all : 100)} %");
    }
}
