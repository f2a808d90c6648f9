using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Converge;

/// <summary>
/// The first apply to a host that has no program of ours yet, over a thin link: the program is copied to it. The link is the host's
/// loopback interface, shaped by tc(8), so the answers share its rate too.
/// </summary>
internal sealed class FirstContact(ConvergeHost host, TextWriter progress)
{
    private const string Rate = "25mbit";

    // A packet on the loopback interface has up to 64 KiB, so the bucket must hold more.
    private const string Shape = $"tc qdisc replace dev lo root tbf rate {Rate} burst 128kb latency 400ms";
    private const string Unshape = "tc qdisc del dev lo root";
    private const string Forget = "rm -rf /var/lib/cloudlet/agent";

    /// <summary>What a user would do without us: copy the program, compressed by ssh, and nothing else.</summary>
    private static readonly Contender Copy = new(
        "scp -C of the same program",
        ["scp", "-q", "-C", $"{BenchHost.Folder}/cloudlet", "root@127.0.0.1:/root/copied"]
    );

    private static readonly Contender Ours = Contender.OursOverSsh with { Name = $"cloudlet apply, first contact, {Rate}/s" };

    /// <summary>Measures some rounds; the state of the host is the described one before each.</summary>
    public async Task<IReadOnlyList<Series>> RunAsync(int rounds, CancellationToken ct)
    {
        var (ours, copies) = (new List<Run>(), new List<Run>());
        await host.ShellAsync(Shape, ct);
        try
        {
            for (var round = 1; round <= rounds; round++)
            {
                await progress.WriteLineAsync($"first contact: round {round} of {rounds}");
                await host.ShellAsync(Forget, ct);
                ours.Add(await host.MeasureAsync(Ours, ct));
                await host.CheckAsync(Ours, ct);
                copies.Add(await host.MeasureAsync(Copy, ct));
            }
        }
        finally
        {
            await host.ShellAsync(Unshape, CancellationToken.None);
        }

        return [new Series(Ours.Name, ours), new Series(Copy.Name, copies)];
    }
}
