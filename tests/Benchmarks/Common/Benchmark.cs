namespace Cloudlet.Benchmarks.Common;

/// <summary>A benchmark of the command line.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Help">What it measures, one line.</param>
/// <param name="RunAsync">Runs it; returns the report.</param>
internal sealed record Benchmark(string Name, string Help, Func<BenchOptions, TextWriter, CancellationToken, Task<string>> RunAsync);

/// <summary>Options of the command line.</summary>
/// <param name="Quick">Fewer runs.</param>
/// <param name="Json">JSON instead of tables.</param>
/// <param name="Keep">Keep the lab host.</param>
/// <param name="Only">Part of the names of what should be run, for benchmarks with names; empty for all.</param>
internal sealed record BenchOptions(bool Quick, bool Json, bool Keep, string Only);

/// <summary>Writes progress, one line each.</summary>
internal sealed class Lines(TextWriter output) : IProgress<string>
{
    /// <inheritdoc/>
    public void Report(string value) => output.WriteLine(value);
}

/// <summary>Lines about the machine, for every report.</summary>
internal static class MachineLines
{
    /// <summary>The kernel, the cores and the load average.</summary>
    public static string Begin() => $"kernel {Environment.OSVersion.Version}, {Environment.ProcessorCount} cores, load {Load()}";

    /// <summary>The load average at the end.</summary>
    public static string End() => $"load at the end {Load()}";

    private static string Load() => File.ReadAllText("/proc/loadavg").Trim();
}
