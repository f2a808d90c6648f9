using Cloudlet.Errors;

namespace Cloudlet.Benchmarks.Converge;

/// <summary>The comparison: first converges, applies with nothing to do, what such an apply writes, and namespaces by number.</summary>
internal sealed class ConvergeBenchmark(ConvergeOptions options, TextWriter progress)
{
    private const string Versions =
        "/root/bench/cloudlet --version | sed 's/^/cloudlet /'; ansible --version | head -n 1; puppet --version | sed 's/^/puppet /'; cf-agent --version | head -n 1; "
        + "systemctl --version | head -n 1";

    public async Task<ConvergeResult> RunAsync(CancellationToken ct)
    {
        var cloudlet = Program();
        await using var host = new BenchHost(cloudlet, options.Keep);
        await host.StartAsync(new Lines(progress), ct);
        List<string> machine =
        [
            $"kernel {Environment.OSVersion.Version}, {Environment.ProcessorCount} cores, load {await File.ReadAllTextAsync("/proc/loadavg", ct)}".Trim(),
            .. (await host.ShellAsync(Versions, ct)).Split('\n'),
        ];
        var first = await RoundsAsync(options.FirstRuns, "first converge", host, fromNothing: true, ct);
        var noOp = await RoundsAsync(options.NoOpRuns, "no-op apply", host, fromNothing: false, ct);
        await progress.WriteLineAsync("what a no-op apply writes");
        var writes = WriteProof.Read(await host.ShellAsync(WriteProof.Command, ct));
        var namespaces = await new NamespaceGrowth(cloudlet, progress).RunAsync(ct);
        machine.Add($"load at the end {await File.ReadAllTextAsync("/proc/loadavg", ct)}".Trim());
        return new ConvergeResult(machine, first, noOp, writes, namespaces);
    }

    /// <summary>Every contender once, then every contender again: what disturbs the machine disturbs all.</summary>
    private async Task<IReadOnlyList<Series>> RoundsAsync(int rounds, string what, BenchHost host, bool fromNothing, CancellationToken ct)
    {
        var runs = Contender.All.ToDictionary(c => c, _ => new List<Run>());
        // Once without measuring: caches of the disk and compiled policies.
        foreach (var contender in fromNothing && !options.Quick ? Contender.All : [])
            await host.MeasureAsync(contender, ct);
        for (var round = 1; round <= rounds; round++)
        {
            await progress.WriteLineAsync($"{what}: round {round} of {rounds}");
            foreach (var contender in Contender.All)
            {
                if (fromNothing)
                    await host.ResetAsync(ct);
                runs[contender].Add(await host.MeasureAsync(contender, ct));
                await host.CheckAsync(contender, ct);
            }
        }

        return [.. runs.Select(r => new Series(r.Key.Name, r.Value))];
    }

    private static string Program()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Provision.sln")))
            {
                var program = Path.Combine(folder.FullName, "artifacts", "publish", "cloudlet");
                return File.Exists(program) ? program : throw new CloudletException(ErrorKind.NotFound, $"there is no {program}: run build/publish first");
            }

        throw new CloudletException(ErrorKind.NotFound, "the benchmark is not inside the repository, so there is no artifacts/publish/cloudlet to measure");
    }

    private sealed class Lines(TextWriter output) : IProgress<string>
    {
        public void Report(string value) => output.WriteLine(value);
    }
}
