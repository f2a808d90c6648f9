using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Idle;

/// <summary>Our daemon at a moment that the report shows.</summary>
/// <param name="When">The moment.</param>
/// <param name="Figures">The measured values.</param>
internal sealed record Moment(string When, Figures Figures);

/// <summary>Everything that was measured.</summary>
/// <param name="Machine">Lines about the machine and the versions.</param>
/// <param name="Idle">Ours and peers with nothing to do.</param>
/// <param name="Moments">Ours before and after work.</param>
internal sealed record IdleResult(IReadOnlyList<string> Machine, IReadOnlyList<IdleProcess> Idle, IReadOnlyList<Moment> Moments);

/// <summary>What the daemon costs on an idle host, and whether work makes it grow.</summary>
internal static class IdleBenchmark
{
    /// <summary>Number of messages about addresses in one storm.</summary>
    public const int Events = 100_000;

    /// <summary>After this time the daemon has released the memory that it does not need.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(15);

    /// <summary>Runs it and reports.</summary>
    public static async Task<string> ReportAsync(BenchOptions options, TextWriter progress, CancellationToken ct)
    {
        var result = await RunAsync(options, progress, ct);
        return options.Json ? IdleReport.Json(result) : IdleReport.Markdown(result);
    }

    private static async Task<IdleResult> RunAsync(BenchOptions options, TextWriter progress, CancellationToken ct)
    {
        await using var bench = new BenchHost("idle", IdleHost.Packages, options.Keep);
        var host = new IdleHost(bench);
        await host.StartAsync(new Lines(progress), ct);
        List<string> machine = [MachineLines.Begin(), .. await host.VersionsAsync(ct)];
        // By then, start-up work (tiers of compilation, the boot of units) is over.
        await Task.Delay(TimeSpan.FromSeconds(options.Quick ? 15 : 60), ct);
        var period = TimeSpan.FromMinutes(options.Quick ? 1 : 10);
        await progress.WriteLineAsync($"nothing happens for {period.TotalMinutes:0} min");
        var idle = new List<IdleProcess>(await host.WatchAsync([IdleHost.Ours, "systemd-networkd"], period, ct));
        var moments = await WorkAsync(host, progress, ct);
        await progress.WriteLineAsync("monit and cf-execd as Debian starts them, 1 min");
        await host.ShellAsync("systemctl start monit cfengine3", ct);
        await Task.Delay(Settle, ct);
        idle.AddRange(await host.WatchAsync(["monit", "cf-execd"], TimeSpan.FromMinutes(1), ct));
        machine.Add(MachineLines.End());
        return new IdleResult(machine, idle, moments);
    }

    private static async Task<List<Moment>> WorkAsync(IdleHost host, TextWriter progress, CancellationToken ct)
    {
        var moments = new List<Moment>();
        await NoteAsync("idle");
        await host.ShellAsync("ip link delete cloudlet0", ct);
        await Task.Delay(TimeSpan.FromSeconds(1), ct);
        await NoteAsync("1 s after the heal of a link");
        await Task.Delay(Settle, ct);
        await NoteAsync("15 s after it");
        for (var storm = 1; storm <= 2; storm++)
        {
            await progress.WriteLineAsync($"{storm * Events} events");
            await host.StormAsync(Events, ct);
            await NoteAsync($"at the end of {storm * Events:#,0} events");
            await Task.Delay(Settle, ct);
            await NoteAsync($"15 s after {storm * Events:#,0} events");
        }

        return moments;

        async Task NoteAsync(string when) => moments.Add(new Moment(when, await host.FiguresAsync(IdleHost.Ours, ct)));
    }
}
