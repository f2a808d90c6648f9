using System.Diagnostics;
using System.Globalization;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>A run of a program.</summary>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="PeakMiB">Most memory it had (VmHWM), looked at every 5 ms.</param>
/// <param name="Error">What it said on standard error, the end of it.</param>
internal sealed record MeasuredRun(int ExitCode, double Seconds, double PeakMiB, string Error);

/// <summary>Runs ours and peers alike.</summary>
internal static class MeasuredProcess
{
    /// <summary>Runs a program and watches its memory.</summary>
    /// <param name="program">Name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="limit">Killed after that; then its exit code is -1.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task<MeasuredRun> RunAsync(string program, IReadOnlyList<string> arguments, TimeSpan? limit, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
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
                    return double.Parse(line.AsSpan(6, line.Length - 8), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) / 1024;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended.
        }

        return 0;
    }
}
