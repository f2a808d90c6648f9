using Cloudlet.Benchmarks.Common;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>The result of one corpus.</summary>
/// <param name="Corpus">The corpus.</param>
/// <param name="InputMiB">Size of disk and memory together.</param>
/// <param name="Figures">Ours and the peers'.</param>
/// <param name="NotRun">Peers that can't handle it, or were left out.</param>
internal sealed record CorpusResult(
    OverlayCorpus Corpus,
    long InputMiB,
    IReadOnlyList<OverlayFigures> Figures,
    IReadOnlyList<string> NotRun
);

/// <summary>Overlays of real Debian guests, beside general delta tools on the same bytes.</summary>
internal static class OverlayBenchmark
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(20),
        LongestOfImages = TimeSpan.FromMinutes(6);

    /// <summary>Runs it and reports.</summary>
    public static Task<string> ReportAsync(BenchOptions options, TextWriter output, CancellationToken ct) =>
        ReportAsync(
            [
                .. OverlayCorpus
                    .All.Where(c => IsAskedFor(c.Name, options))
                    .Take(options.Quick && options.Only.Length == 0 ? 2 : int.MaxValue),
            ],
            [.. MovedCorpus.All.Where(c => IsAskedFor(c.Name, options))],
            options,
            output,
            ct
        );

    /// <summary>Runs the part that needs no corpus.</summary>
    public static Task<string> ReportResumeAsync(BenchOptions options, TextWriter output, CancellationToken ct) =>
        ReportAsync([], [], options, output, ct);

    private static bool IsAskedFor(string corpus, BenchOptions options) =>
        options.Only.Split(',').Any(o => corpus.Contains(o, StringComparison.Ordinal));

    private static async Task<string> ReportAsync(
        IReadOnlyList<OverlayCorpus> corpora,
        IReadOnlyList<MovedCorpus> moved,
        BenchOptions options,
        TextWriter output,
        CancellationToken ct
    )
    {
        var progress = new Lines(output);
        var folder = Directory.CreateTempSubdirectory("cloudlet-bench-").FullName;
        var store = new RuntimeStore(Path.Combine(folder, "store"));
        List<string> machine = [MachineLines.Begin(), .. await OverlayReport.VersionsAsync(ct)];
        var results = new List<CorpusResult>();
        var scan = 0.0;
        IReadOnlyList<ResumeFigures> resumes = [];
        try
        {
            foreach (var corpus in moved)
            {
                results.Add(await RunAsync(corpus, folder, options, progress, ct));
                progress.Report(OverlayReport.Markdown(results[^1]));
            }

            foreach (var corpus in corpora)
            {
                results.Add(await RunAsync(corpus, store, folder, options, progress, ct));
                progress.Report(OverlayReport.Markdown(results[^1]));
            }

            if (corpora.Count > 0 || moved.Count == 0)
            {
                progress.Report("data that has not changed");
                var guest = new OverlayGuest(store, folder, progress);
                scan = ScanCost.Measure(await guest.BaseAsync(OverlayCorpus.All[0], ct), folder, options.Quick ? 3 : 9);
                resumes = await new ResumeTimes(store, folder, progress).RunAsync(guest.Image, options.Quick ? 5 : 15, ct);
            }
        }
        finally
        {
            foreach (var vm in new VmCatalog(store).List())
                await EndAsync(store, vm, progress);
            if (!options.Keep)
                Directory.Delete(folder, recursive: true);
        }

        machine.Add(MachineLines.End());
        return options.Json ? OverlayReport.Json(machine, results, scan, resumes) : OverlayReport.Markdown(machine, results, scan, resumes);
    }

    private static async Task<CorpusResult> RunAsync(
        OverlayCorpus corpus,
        RuntimeStore store,
        string folder,
        BenchOptions options,
        Lines progress,
        CancellationToken ct
    )
    {
        var guest = new OverlayGuest(store, folder, progress);
        var baseVm = await guest.BaseAsync(corpus, ct);
        var vm = await guest.ChangedAsync(baseVm, corpus, ct);
        if (corpus.IsTrimmed)
            await GuestTrim.RunAsync(vm, Longest, ct);

        // Paused from here on: every tool sees the same bytes.
        await using (var control = await vm.ControlAsync(ct))
            await control.ExecuteAsync("stop", ct);
        var (before, after) = corpus.HasPeers ? await guest.DumpAsync(vm, ct) : (null, null);
        var ours = new OurOverlay(store, folder);
        progress.Report($"{corpus.Name}: ours");
        var figures = new List<OverlayFigures>
        {
            await ours.RunAsync(vm, baseVm, after, isSmall: false, options.Quick ? 3 : 5, ct),
            await ours.RunAsync(vm, baseVm, after, isSmall: true, options.Quick ? 1 : 3, ct),
        };
        var notRun = new List<string>();
        if (before is null || after is null)
        {
            await EndAsync(store, vm, progress);
            return new CorpusResult(corpus, corpus.DiskMiB + corpus.MemoryMiB, figures, ["peers: not asked to take a file of this size"]);
        }

        // Even a paused QEMU does some work: peers are measured without it.
        var size = new FileInfo(after).Length >> 20;
        await EndAsync(store, vm, progress);
        await PeersAsync(corpus.Name, before, after, folder, Longest, options, progress, (figures, notRun), ct);
        return new CorpusResult(corpus, size, figures, notRun);
    }

    private static async Task<CorpusResult> RunAsync(
        MovedCorpus corpus,
        string folder,
        BenchOptions options,
        Lines progress,
        CancellationToken ct
    )
    {
        progress.Report($"{corpus.Name}: {corpus.What}");
        var (before, after) = await corpus.MakeAsync(folder, ct);
        var figures = new List<OverlayFigures>
        {
            await MovedOverlay.RunAsync(before, after, folder, OverlayEffort.Fast, options.Quick ? 3 : 5, ct),
            await MovedOverlay.RunAsync(before, after, folder, OverlayEffort.Small, options.Quick ? 1 : 3, ct),
        };
        var notRun = new List<string>();
        await PeersAsync(corpus.Name, before, after, folder, LongestOfImages, options, progress, (figures, notRun), ct);
        var size = new FileInfo(after).Length >> 20;
        File.Delete(before);
        File.Delete(after);
        return new CorpusResult(corpus.AsCorpus, size, figures, notRun);
    }

    /// <summary>Peers whose time our aims refer to run alone; the others run two at a time, which saves half an hour.</summary>
    private static async Task PeersAsync(
        string corpus,
        string before,
        string after,
        string folder,
        TimeSpan longest,
        BenchOptions options,
        Lines progress,
        (List<OverlayFigures> Figures, List<string> NotRun) into,
        CancellationToken ct
    )
    {
        progress.Report($"{corpus}: the peers");
        using var two = new SemaphoreSlim(2);
        var peers = OverlayPeer.All.Where(p => p.IsQuick || !options.Quick).ToList();
        var slowestFirst = peers
            .Where(p => !p.IsTimed)
            .OrderBy(p => p.IsQuick)
            .ToDictionary(p => p, p => BesideAsync(() => p.RunAsync(before, after, folder, longest, ct)));
        var reference = BesideAsync(async () => (OverlayFigures?)await ReferenceMode.RunAsync(before, after, folder, ct));
        await Task.WhenAll([.. slowestFirst.Values, reference]);
        into.Figures.Add((await reference)!);
        foreach (var peer in OverlayPeer.All)
            if (!peers.Contains(peer))
                into.NotRun.Add($"{peer.Name}: left out of a quick run");
            else if (
                await (slowestFirst.TryGetValue(peer, out var there) ? there : peer.RunAsync(before, after, folder, longest, ct)) is
                { } measured
            )
                into.Figures.Add(measured);
            else
                into.NotRun.Add($"{peer.Name}: takes no more than {peer.MostMiB} MiB");

        async Task<OverlayFigures?> BesideAsync(Func<Task<OverlayFigures?>> run)
        {
            await two.WaitAsync(ct);
            try
            {
                return await run();
            }
            finally
            {
                two.Release();
            }
        }
    }

    private static async Task EndAsync(RuntimeStore store, RunningVm vm, Lines progress) =>
        await new VmStopper(store).StopAsync(vm.Id, force: true, remove: true, TimeSpan.FromSeconds(5), progress, CancellationToken.None);
}
