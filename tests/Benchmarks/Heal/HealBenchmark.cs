using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>Everything that was measured.</summary>
/// <param name="Machine">Lines about the machine and the versions.</param>
/// <param name="Ours">Our daemon, one series for each kind of loss.</param>
/// <param name="Peers">The same for every peer.</param>
/// <param name="Restarted">Whether a service was restarted although its file was restored.</param>
internal sealed record HealResult(
    IReadOnlyList<string> Machine,
    IReadOnlyList<TrialSeries> Ours,
    IReadOnlyList<TrialSeries> Peers,
    bool Restarted
);

/// <summary>How soon a loss is detected and repaired.</summary>
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
        var series = new List<TrialSeries>();
        foreach (var one in await ours.ByTurnsAsync(options.Quick ? 60 : 1000, ct))
            await AddAsync(series, one);
        await AddAsync(series, await ours.UnderServicesAsync(options.Quick ? 10 : 100, ct));
        await AddAsync(series, await ours.RestedAsync(options.Quick ? 3 : 20, ct));
        await AddAsync(series, await ours.AllAsync(options.Quick ? 3 : 10, ct));
        var (files, restarted) = await ours.FilesAsync(options.Quick ? 10 : 100, ct);
        await AddAsync(series, files);
        var peers = new List<TrialSeries>();
        foreach (var peer in HealPeer.All(options.Quick))
        foreach (var one in await new PeerTrials(host, progress).RunAsync(peer, ct))
            await AddAsync(peers, one);
        machine.Add(MachineLines.End());
        return new HealResult(machine, series, peers, restarted);

        async Task AddAsync(List<TrialSeries> all, TrialSeries one)
        {
            all.Add(one);
            await progress.WriteLineAsync(
                $"{one.Program}, {one.What}: {one.Trials.Count} trials, {one.NotRestored} not restored, the others p50 "
                    + $"{one.Restored.P50:0.0} ms"
            );
        }
    }
}
