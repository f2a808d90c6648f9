using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Benchmarks.Pulumi;

/// <summary>One program and the times of its updates.</summary>
/// <param name="Program">What it describes.</param>
/// <param name="Seconds">Wall times, s.</param>
internal sealed record Updates(string Program, IReadOnlyList<double> Seconds)
{
    /// <summary>The median, s.</summary>
    public double Median => new Samples(Seconds).P50;
}

/// <summary>
/// <c>pulumi up</c> with nothing to do, of a YAML program with one host and of an empty one, in turn: what the provider adds to the
/// engine's own time.
/// </summary>
internal sealed class PulumiBenchmark(BenchOptions options, TextWriter progress)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Runs it and reports.</summary>
    public static async Task<string> ReportAsync(BenchOptions options, TextWriter progress, CancellationToken ct)
    {
        List<string> machine = [MachineLines.Begin()];
        var (version, all) = await new PulumiBenchmark(options, progress).RunAsync(ct);
        machine.Add(version);
        machine.Add(MachineLines.End());
        return options.Json ? JsonSerializer.Serialize(new { machine, updates = all }, Indented) : Markdown(machine, all);
    }

    private async Task<(string Version, IReadOnlyList<Updates> Updates)> RunAsync(CancellationToken ct)
    {
        using var engine = PulumiEngine.Find();
        var host = $"cldbench-{Environment.ProcessId}";
        NetworkNamespaces.Create(host);
        try
        {
            var (empty, one) = (engine.NewStack("empty", ""), engine.NewStack("one", Host(host)));
            await empty.UpAsync(ct);
            await one.UpAsync(ct);
            var (without, with) = (new List<double>(), new List<double>());
            var rounds = options.Quick ? 3 : 15;
            for (var round = 1; round <= rounds; round++)
            {
                await progress.WriteLineAsync($"pulumi up: round {round} of {rounds}");
                without.Add(await TimeAsync(empty, ct));
                with.Add(await TimeAsync(one, ct));
            }

            await one.RunAsync(["destroy", "--yes"], ct);
            return (
                $"Pulumi {await engine.VersionAsync(ct)}",
                [new Updates("one host, a network namespace with a bridge", with), new Updates("nothing", without)]
            );
        }
        finally
        {
            NetworkNamespaces.Delete(host);
        }
    }

    private static async Task<double> TimeAsync(PulumiEngine.Stack stack, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        await stack.UpAsync(ct);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static string Host(string name) =>
        $"resources:\n  edge:\n    type: cloudlet:index:Host\n    properties: {{name: edge, reach: \"netns://{name}\", links: {{br0: "
        + "{kind: bridge, mtu: 1400, addresses: [10.70.0.1/24]}}}\n";

    private static string Markdown(IReadOnlyList<string> machine, IReadOnlyList<Updates> all)
    {
        var text = new StringBuilder();
        foreach (var line in machine)
            text.Append("- ").AppendLine(line);
        text.AppendLine().AppendLine($"`pulumi up --yes` with nothing to do, {all[0].Seconds.Count} runs each, interleaved:").AppendLine();
        text.AppendLine("| the program describes | wall, median (min–max) s |").AppendLine("| --- | --- |");
        foreach (var one in all)
            text.AppendLine($"| {one.Program} | {one.Median:0.000} ({one.Seconds.Min():0.000}–{one.Seconds.Max():0.000}) |");
        Aim.Table(text, [Aim.AtMost("one host more than an empty program", 0.4, all[0].Median - all[1].Median, "s")]);
        return text.ToString();
    }
}
