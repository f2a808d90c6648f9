using System.Diagnostics;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>The trials of our daemon.</summary>
internal sealed class OurTrials(HealHost host, TextWriter progress)
{
    /// <summary>Its name in reports.</summary>
    public const string Program = "cloudlet healthd";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    /// <summary>Longer than the daemon waits before it releases memory.</summary>
    private static readonly TimeSpan UntilRested = TimeSpan.FromSeconds(8);

    private readonly HealRecords _records = new(host.Records);

    /// <summary>
    /// A deleted cable and a deleted address in turn, each time of the next cable: no resource is healed more often than its default budget
    /// allows.
    /// </summary>
    public async Task<IReadOnlyList<TrialSeries>> ByTurnsAsync(int count, CancellationToken ct)
    {
        var trials = await TrialsAsync("by turns", count, HealSite.Plain, ["link", "address"], TimeSpan.FromMilliseconds(50), ct);
        return [.. trials.GroupBy(t => t.What).Select(g => new TrialSeries(Program, g.Key, Bound.TotalSeconds, [.. g]))];
    }

    /// <summary>Deleted cables on which a service depends.</summary>
    public async Task<TrialSeries> UnderServicesAsync(int count, CancellationToken ct) =>
        Series(
            "link under a service",
            await TrialsAsync("under services", count, HealSite.UnderServices, ["link"], TimeSpan.FromMilliseconds(200), ct)
        );

    /// <summary>Deleted cables, each after a pause in which the daemon has released its memory.</summary>
    public async Task<TrialSeries> RestedAsync(int count, CancellationToken ct) =>
        Series("link, after a rest", await TrialsAsync("after a rest", count, HealSite.Plain, ["link"], UntilRested, ct));

    /// <summary>All 100 cables, which are 200 links, in one request to the kernel.</summary>
    public async Task<TrialSeries> AllAsync(int count, CancellationToken ct)
    {
        await host.HoldAsync(ct);
        using var observer = new LinkObserver(host.NetworkNamespace);
        var trials = new List<Trial>();
        for (var i = 0; i < count; i++)
        {
            await progress.WriteLineAsync($"{Program}: 200 links at once, {i + 1} of {count}");
            await host.ShellAsync("for n in $(seq 100); do echo link set heal-$n group 77; done | ip -batch -", ct);
            await Task.Delay(2000, ct);
            var began = Stopwatch.GetTimestamp();
            await host.ShellAsync("ip link delete group 77", ct);
            trials.Add(new Trial("200 links", null, null, observer.AwaitAll(HealSite.Cables, began, Bound)));
        }

        return new TrialSeries(Program, "200 links", Bound.TotalSeconds, trials);
    }

    /// <summary>Files of running services, edited in place.</summary>
    public async Task<(TrialSeries Series, bool Restarted)> FilesAsync(int count, CancellationToken ct)
    {
        await host.HoldAsync(ct);
        var before = await StartsAsync(ct);
        var trials = new List<Trial>();
        for (var i = 0; i < count; i++)
        {
            await Task.Delay(Random.Shared.Next(300, 500), ct);
            var number = 1 + (i % HealSite.Files);
            var (trial, began) = FileTrial.Edit(host.ConfigurationFile(number), HealSite.Content(number), Bound);
            trials.Add(
                trial with
                {
                    Decided = trial.Restored is null ? null : (_records.Decision($"file:/etc/heal-{number}.conf", began) - began) * 1000,
                }
            );
        }

        await Task.Delay(2000, ct);
        return (new TrialSeries(Program, "file", Bound.TotalSeconds, trials), await StartsAsync(ct) != before);
    }

    private async Task<List<Trial>> TrialsAsync(
        string title,
        int count,
        IReadOnlyList<Cable> cables,
        string[] turns,
        TimeSpan pause,
        CancellationToken ct
    )
    {
        await host.HoldAsync(ct);
        using var observer = new LinkObserver(host.NetworkNamespace);
        var trials = new List<Trial>();
        for (var i = 0; i < count; i++)
        {
            if (i % 100 == 0)
                await progress.WriteLineAsync($"{Program}, {title}: trial {i + 1} of {count}");
            await Task.Delay(pause + TimeSpan.FromMilliseconds(Random.Shared.Next(100)), ct);
            trials.Add(One(observer, cables[i / turns.Length % cables.Count], turns[i % turns.Length]));
        }

        return trials;
    }

    private static TrialSeries Series(string what, IReadOnlyList<Trial> trials) =>
        new(Program, what, Bound.TotalSeconds, [.. trials.Select(t => t with { What = what })]);

    private Trial One(LinkObserver observer, Cable cable, string what)
    {
        var (trial, began) = observer.Lose(cable, what, Bound);
        return trial.Restored is null
            ? trial
            : trial with
            {
                Decided = (_records.Decision($"link:{cable.Port.Name}", began) - began) * 1000,
            };
    }

    private Task<string> StartsAsync(CancellationToken ct) => host.ShellAsync("systemctl show -P InvocationID heal-*.service", ct);
}
