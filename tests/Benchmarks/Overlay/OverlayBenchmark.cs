using Cloudlet.Benchmarks.Common;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>One corpus.</summary>
/// <param name="Corpus">What was done.</param>
/// <param name="InputMiB">Disk and memory together.</param>
/// <param name="Figures">Ours and the peers'.</param>
/// <param name="NotRun">Peers that can't take it, or were left out.</param>
internal sealed record CorpusResult(OverlayCorpus Corpus, long InputMiB, IReadOnlyList<OverlayFigures> Figures, IReadOnlyList<string> NotRun);

/// <summary>Overlays of real Debian guests, beside general delta tools on the same bytes.</summary>
internal static class OverlayBenchmark
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(40);

    /// <summary>Runs it and reports.</summary>
    public static Task<string> ReportAsync(BenchOptions options, TextWriter output, CancellationToken ct) =>
        ReportAsync([.. OverlayCorpus.All.Where(c => options.Only.Split(',').Any(o => c.Name.Contains(o, StringComparison.Ordinal))).Take(options.Quick && options.Only.Length == 0 ? 2 : int.MaxValue)], options, output, ct);

    /// <summary>Runs what needs no corpus.</summary>
    public static Task<string> ReportResumeAsync(BenchOptions options, TextWriter output, CancellationToken ct) => ReportAsync([], options, output, ct);

    private static async Task<string> ReportAsync(IReadOnlyList<OverlayCorpus> corpora, BenchOptions options, TextWriter output, CancellationToken ct)
    {
        var progress = new Lines(output);
        var folder = Directory.CreateTempSubdirectory("cloudlet-bench-").FullName;
        var store = new RuntimeStore(Path.Combine(folder, "store"));
        List<string> machine = [MachineLines.Begin(), .. await OverlayReport.VersionsAsync(ct)];
        var results = new List<CorpusResult>();
        var scan = 0.0;
        IReadOnlyList<ResumeFigures> resumes;
        try
        {
            foreach (var corpus in corpora)
            {
                results.Add(await RunAsync(corpus, store, folder, options, progress, ct));
                progress.Report(OverlayReport.Markdown(results[^1]));
            }

            progress.Report("data that has not changed");
            var guest = new OverlayGuest(store, folder, progress);
            scan = ScanCost.Measure(await guest.BaseAsync(OverlayCorpus.All[0], ct), folder, options.Quick ? 3 : 9);
            resumes = await new ResumeTimes(store, folder, progress).RunAsync(guest.Image, options.Quick ? 5 : 15, ct);
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

    private static async Task<CorpusResult> RunAsync(OverlayCorpus corpus, RuntimeStore store, string folder, BenchOptions options, Lines progress, CancellationToken ct)
    {
        var guest = new OverlayGuest(store, folder, progress);
        var baseVm = await guest.BaseAsync(corpus, ct);
        var vm = await guest.ChangedAsync(baseVm, corpus, ct);
        if (corpus.IsTrimmed)
            await GuestTrim.RunAsync(vm, Longest, ct);

        // It stands still from here on: every tool sees the same bytes.
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

        progress.Report($"{corpus.Name}: the reference system's mode");
        figures.Add(await ReferenceMode.RunAsync(before, after, folder, ct));
        foreach (var peer in OverlayPeer.All)
        {
            progress.Report($"{corpus.Name}: {peer.Name}");
            if (options.Quick && !peer.IsQuick)
                notRun.Add($"{peer.Name}: left out of a quick run");
            else if (await peer.RunAsync(before, after, folder, Longest, ct) is { } measured)
                figures.Add(measured);
            else
                notRun.Add($"{peer.Name}: takes no more than {peer.MostMiB} MiB");
        }

        var size = new FileInfo(after).Length >> 20;
        await EndAsync(store, vm, progress);
        return new CorpusResult(corpus, size, figures, notRun);
    }

    private static async Task EndAsync(RuntimeStore store, RunningVm vm, Lines progress) =>
        await new VmStopper(store).StopAsync(vm.Id, force: true, remove: true, TimeSpan.FromSeconds(5), progress, CancellationToken.None);
}
