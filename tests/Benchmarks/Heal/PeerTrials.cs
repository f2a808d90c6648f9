namespace Cloudlet.Benchmarks.Heal;

/// <summary>The same trials with a peer instead of our daemon, measured by the same observer.</summary>
internal sealed class PeerTrials(HealHost host, TextWriter progress)
{
    /// <summary>Every peer completes one cycle before it is measured.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(15);

    public async Task<IReadOnlyList<TrialSeries>> RunAsync(HealPeer peer, CancellationToken ct)
    {
        await progress.WriteLineAsync(peer.Name);
        await host.LetGoAsync(ct);
        await host.ShellAsync(peer.Start, ct);
        try
        {
            await Task.Delay(Settle, ct);
            List<TrialSeries> series =
            [
                new(peer.Name, "link", peer.Bound.TotalSeconds, await LinksAsync(peer, "link", ct)),
                new(peer.Name, "address", peer.Bound.TotalSeconds, await LinksAsync(peer, "address", ct)),
            ];
            if (peer.FileTrials > 0)
                series.Add(new(peer.Name, "file", peer.Bound.TotalSeconds, await FilesAsync(peer, ct)));
            return series;
        }
        finally
        {
            await host.ShellAsync(peer.Stop, CancellationToken.None);
        }
    }

    private async Task<IReadOnlyList<Trial>> LinksAsync(HealPeer peer, string what, CancellationToken ct)
    {
        using var observer = new LinkObserver(host.NetworkNamespace);
        var trials = new List<Trial>();
        for (var i = 0; i < peer.Trials; i++)
        {
            // At a random point of its cycle.
            await Task.Delay(Random.Shared.Next(1000, 3000), ct);
            var (trial, _) = observer.Lose(HealSite.Cables[0], what, peer.Bound);
            trials.Add(trial);
            if (trial.Restored is null)
                await MendAsync(ct);
        }

        return trials;
    }

    private async Task<IReadOnlyList<Trial>> FilesAsync(HealPeer peer, CancellationToken ct)
    {
        var trials = new List<Trial>();
        for (var i = 0; i < peer.FileTrials; i++)
        {
            await Task.Delay(Random.Shared.Next(1000, 3000), ct);
            var (trial, _) = FileTrial.Edit(host.ConfigurationFile(1), HealSite.Content(1), peer.Bound);
            trials.Add(trial);
        }

        return trials;
    }

    /// <summary>Repairs with our own program, which also starts its daemon.</summary>
    private Task<string> MendAsync(CancellationToken ct) =>
        host.ShellAsync("cd /root/bench && ./cloudlet apply site.yaml && systemctl stop cloudlet-healthd", ct);
}
