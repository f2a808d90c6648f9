using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>Everything that was measured.</summary>
/// <param name="Machine">Lines about the machine and the versions.</param>
/// <param name="Ours">Our daemon, one series for each kind of loss.</param>
/// <param name="Peers">The same for every peer.</param>
/// <param name="Restarted">Whether a service was restarted although its file was put back.</param>
internal sealed record HealResult(IReadOnlyList<string> Machine, IReadOnlyList<TrialSeries> Ours, IReadOnlyList<TrialSeries> Peers, bool Restarted);

/// <summary>How soon what is lost is seen and is back.</summary>
internal static class HealBenchmark
{
    /// <summary>Runs it and reports.</summary>
    public static async Task<string> ReportAsync(BenchOptions options, TextWriter progress, CancellationToken ct)
    {
        var result = await RunAsync(options, progress, ct);
        return options.Json ? HealReport.Json(result) : HealReport.Markdown(result);
    }

    private static async Task<HealResult> RunAsync(BenchOptions options, TextWriter progress, CancellationToken ct)
    {
        await using var bench = new BenchHost("heal", HealHost.Packages, options.Keep);
        var host = new HealHost(bench);
        await host.StartAsync(new Lines(progress), ct);
        List<string> machine = [MachineLines.Begin(), .. (await host.VersionsAsync(ct)).Split('\n')];
        var ours = new OurTrials(host, progress);
        var series = new List<TrialSeries>(await ours.ByTurnsAsync(options.Quick ? 60 : 1000, ct)) { await ours.RestedAsync(options.Quick ? 3 : 30, ct), await ours.AllAsync(options.Quick ? 3 : 10, ct) };
        await progress.WriteLineAsync("edited files");
        var (files, restarted) = await ours.FilesAsync(options.Quick ? 10 : 100, ct);
        series.Add(files);
        var peers = new List<TrialSeries>();
        foreach (var peer in HealPeer.All(options.Quick))
            peers.AddRange(await new PeerTrials(host, progress).RunAsync(peer, ct));
        machine.Add(MachineLines.End());
        return new HealResult(machine, series, peers, restarted);
    }
}
