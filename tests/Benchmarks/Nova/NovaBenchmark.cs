using Cloudlet.Benchmarks.Common;
using Cloudlet.Errors;
using Cloudlet.Lab.Model;

namespace Cloudlet.Benchmarks.Nova;

/// <summary>Everything that was measured.</summary>
/// <param name="Machine">Lines about the machine and the versions.</param>
/// <param name="First">Seconds until a server of the healthy host is ACTIVE.</param>
/// <param name="Trials">In the order they were run.</param>
internal sealed record NovaResult(IReadOnlyList<string> Machine, IReadOnlyList<double> First, IReadOnlyList<NovaTrial> Trials);

/// <summary>
/// The failure that ends in "No valid host was found": the broker's password changes, and nova-compute is not restarted. Nova's own timers
/// limit every repair: a service reports every report_interval (5 s here, 10 s by default), and counts as down after service_down_time
/// (15 s here, 60 s by default).
/// </summary>
internal static class NovaBenchmark
{
    /// <summary>How long a broken host is observed that nothing repairs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Runs it and reports.</summary>
    public static async Task<string> ReportAsync(BenchOptions options, TextWriter progress, CancellationToken ct)
    {
        var result = await RunAsync(options, progress, ct);
        return options.Json ? NovaReport.Json(result) : NovaReport.Markdown(result);
    }

    private static async Task<NovaResult> RunAsync(BenchOptions options, TextWriter progress, CancellationToken ct)
    {
        await using var bench = new BenchHost("edge-1", [], options.Keep, LabFlavor.Nova);
        var host = new NovaHost(bench, ct);
        await host.StartAsync(new Lines(progress));
        List<string> machine = [MachineLines.Begin(), .. await host.VersionsAsync()];
        List<double> first = [];
        List<NovaTrial> trials = [];
        for (var run = 0; run < (options.Quick ? 1 : 3); run++)
        {
            await SayAsync("the daemon watches");
            trials.Add(await WatchedAsync());
            await SayAsync("the daemon comes late");
            trials.Add(
                await UnwatchedAsync(
                    "daemon, afterwards",
                    "The daemon is started when the first server has failed.",
                    () => host.ShellAsync("systemctl start cloudlet-healthd")
                )
            );
            await SayAsync("a person applies");
            trials.Add(
                await UnwatchedAsync(
                    "no daemon, `cloudlet apply`",
                    "No daemon; a person who knows that it may help runs `cloudlet apply` at once.",
                    host.ApplyAsync
                )
            );
        }

        await SayAsync($"no repair, {Patience.TotalMinutes:0} min");
        trials.Add(
            await UnwatchedAsync(
                "no daemon, no repair",
                $"No daemon, and systemd's own Restart=on-failure: watched for {Patience.TotalMinutes:0} min.",
                () => Task.CompletedTask
            )
        );
        machine.Add(MachineLines.End());
        return new NovaResult(machine, first, trials);

        Task SayAsync(string what) => progress.WriteLineAsync($"{trials.Count + 1}: {what}");

        async Task<NovaTrial> WatchedAsync()
        {
            await BeginAsync();
            var chain = new NovaChain(host);
            await chain.BreakAsync();
            await chain.RepairedAsync(Patience);
            return chain.End("daemon, watching", "The daemon runs all the time.");
        }

        async Task<NovaTrial> UnwatchedAsync(string name, string what, Func<Task> repair)
        {
            await BeginAsync();
            await host.ShellAsync("systemctl stop cloudlet-healthd");
            var chain = new NovaChain(host);
            await chain.BreakAsync();
            await chain.NoValidHostAsync();
            chain.Note(Moment.RepairMayBegin);
            await repair();
            await chain.RepairedAsync(Patience);
            return chain.End(name, what);
        }

        async Task BeginAsync()
        {
            await host.ApplyAsync();
            await host.Cloud.ComputeIsAsync("up");
            var server = await host.Cloud.BootAsync();
            if (server.Status != "ACTIVE")
                throw new CloudletException(ErrorKind.ProcessFailed, $"a server of the healthy host is {server.Status}: {server.Fault}");
            first.Add(server.Seconds);
        }
    }
}
