using System.Diagnostics;
using System.Globalization;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>The measured run of a program.</summary>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="PeakMiB">Peak memory (VmHWM), sampled every 5 ms.</param>
/// <param name="Error">The end of its standard error.</param>
internal sealed record MeasuredRun(int ExitCode, double Seconds, double PeakMiB, string Error);

/// <summary>Runs our program and peers in the same way.</summary>
internal static class MeasuredProcess
{
    /// <summary>Runs a program and measures its memory.</summary>
    /// <param name="program">Name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="limit">Time limit; then it is killed and its exit code is -1.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task<MeasuredRun> RunAsync(string program, IReadOnlyList<string> arguments, TimeSpan? limit, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        var error = process.StandardError.ReadToEndAsync(ct);
        var output = process.StandardOutput.ReadToEndAsync(ct);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (limit is { } most)
            stop.CancelAfter(most);
        var peak = 0.0;
        try
        {
            var end = process.WaitForExitAsync(stop.Token);
            while (await Task.WhenAny(end, Task.Delay(5, CancellationToken.None)) != end)
                peak = Math.Max(peak, Peak(process.Id));
            await end;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            ct.ThrowIfCancellationRequested();
            return new MeasuredRun(-1, watch.Elapsed.TotalSeconds, peak, "took too long");
        }

        var seconds = watch.Elapsed.TotalSeconds;
        await output;
        var said = await error;
        return new MeasuredRun(process.ExitCode, seconds, peak, said[Math.Max(0, said.Length - 500)..]);
    }

    private static double Peak(int pid)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{pid}/status"))
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                    return double.Parse(
                            line.AsSpan(6, line.Length - 8),
                            NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                            CultureInfo.InvariantCulture
                        ) / 1024;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has exited.
        }

        return 0;
    }
}
