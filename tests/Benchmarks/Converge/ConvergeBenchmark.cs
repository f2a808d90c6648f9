using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Converge;

/// <summary>The comparison: first converges, applies with nothing to do, the writes of one, and growing numbers of namespaces.</summary>
internal sealed class ConvergeBenchmark(BenchOptions options, TextWriter progress)
{
    private const string Versions =
        "/root/bench/cloudlet --version | sed 's/^/cloudlet /'; ansible --version | head -n 1; puppet --version | sed 's/^/puppet "
        + "/'; cf-agent --version | head -n 1; "
        + "systemctl --version | head -n 1; dpkg-query -W -f '${Package} ${Version}\n' ansible-mitogen openssh-server";

    /// <summary>Runs it and reports.</summary>
    public static async Task<string> ReportAsync(BenchOptions options, TextWriter progress, CancellationToken ct)
    {
        var result = await new ConvergeBenchmark(options, progress).RunAsync(ct);
        return options.Json ? ConvergeReport.Json(result) : ConvergeReport.Markdown(result);
    }

    public async Task<ConvergeResult> RunAsync(CancellationToken ct)
    {
        await using var bench = new BenchHost("bench", ConvergeHost.Packages, options.Keep);
        var host = new ConvergeHost(bench);
        await host.StartAsync(new Lines(progress), ct);
        List<string> machine = [MachineLines.Begin(), .. (await host.ShellAsync(Versions, ct)).Split('\n')];
        var first = await RoundsAsync(options.Quick ? 1 : 5, "first converge", Contender.All, host, fromNothing: true, ct);
        var noOp = await RoundsAsync(options.Quick ? 3 : 10, "no-op apply", Contender.All, host, fromNothing: false, ct);
        var remote = await RoundsAsync(options.Quick ? 3 : 10, "no-op apply over ssh", Contender.Remote, host, fromNothing: false, ct);
        var starts = await RoundsAsync(options.Quick ? 3 : 20, "start", Contender.Starts, host, fromNothing: false, ct);
        var contacts = await new FirstContact(host, progress).RunAsync(options.Quick ? 1 : 5, ct);
        await progress.WriteLineAsync("what a no-op apply writes");
        var writes = WriteProof.Read(await host.ShellAsync(WriteProof.Command, ct));
        var namespaces = await new NamespaceGrowth(Published.Program(), progress).RunAsync(ct);
        machine.Add(MachineLines.End());
        return new ConvergeResult(machine, first, noOp, remote, starts, contacts, writes, namespaces);
    }

    /// <summary>Runs every contender once per round: a disturbance of the machine affects all of them.</summary>
    private async Task<IReadOnlyList<Series>> RoundsAsync(
        int rounds,
        string what,
        IReadOnlyList<Contender> contenders,
        ConvergeHost host,
        bool fromNothing,
        CancellationToken ct
    )
    {
        var runs = contenders.ToDictionary(c => c, _ => new List<Run>());
        // One run without measuring, for disk caches, compiled policies, and programs that are copied at the first contact.
        foreach (var contender in !options.Quick || contenders == Contender.Remote ? contenders : [])
            await host.MeasureAsync(contender, ct);
        for (var round = 1; round <= rounds; round++)
        {
            await progress.WriteLineAsync($"{what}: round {round} of {rounds}");
            foreach (var contender in contenders)
            {
                if (fromNothing)
                    await host.ResetAsync(ct);
                runs[contender].Add(await host.MeasureAsync(contender, ct));
                await host.CheckAsync(contender, ct);
            }
        }

        return [.. runs.Select(r => new Series(r.Key.Name, r.Value))];
    }
}
