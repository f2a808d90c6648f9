namespace Cloudlet.Benchmarks.Common;

/// <summary>A benchmark of the command line.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Help">What it measures, one line.</param>
/// <param name="RunAsync">Runs it; gives the report.</param>
internal sealed record Benchmark(string Name, string Help, Func<BenchOptions, TextWriter, CancellationToken, Task<string>> RunAsync);

/// <summary>What the user asked for.</summary>
/// <param name="Quick">Fewer runs.</param>
/// <param name="Json">JSON instead of tables.</param>
/// <param name="Keep">Leave the lab host up.</param>
/// <param name="Only">A part of the names of what is to be run, where there are names; empty for all.</param>
internal sealed record BenchOptions(bool Quick, bool Json, bool Keep, string Only);

/// <summary>Progress, a line each.</summary>
internal sealed class Lines(TextWriter output) : IProgress<string>
{
    /// <inheritdoc/>
    public void Report(string value) => output.WriteLine(value);
}

/// <summary>What every report says about the machine.</summary>
internal static class MachineLines
{
    /// <summary>The kernel, the cores and the load average.</summary>
    public static string Begin() => $"kernel {Environment.OSVersion.Version}, {Environment.ProcessorCount} cores, load {Load()}";

    /// <summary>The load average at the end.</summary>
    public static string End() => $"load at the end {Load()}";

    private static string Load() => File.ReadAllText("/proc/loadavg").Trim();
}
