using System.Diagnostics;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>
/// Our overlays of two images: no VM reports which pages changed, so all of them are compared. Each run is a separate process of this
/// program (<see cref="Verb"/>), so that its memory can be measured.
/// </summary>
internal static class MovedOverlay
{
    /// <summary>First argument of that process; then follow before, after, index, overlay, effort.</summary>
    public const string Verb = "cut-images";

    private static readonly string Id = new('1', 64);

    /// <summary>Creates an overlay several times, applies it, and compares the result.</summary>
    public static async Task<OverlayFigures> RunAsync(
        string before,
        string after,
        string folder,
        OverlayEffort effort,
        int runs,
        CancellationToken ct
    )
    {
        var (index, overlay) = (Path.Combine(folder, "index"), Path.Combine(folder, "ours.overlay"));
        if (effort == OverlayEffort.Fast)
            using (var disk = new SparseFile(before))
                PageIndex.Build(index, disk, null, null, ct);
        var created = new List<MeasuredRun>();
        for (var i = 0; i < runs; i++)
        {
            string[] arguments = [.. Own(), Verb, before, after, index, overlay, $"{effort}"];
            var run = await MeasuredProcess.RunAsync(Environment.ProcessPath!, arguments, null, ct);
            created.Add(run.ExitCode == 0 ? run : throw new CloudletException(ErrorKind.ProcessFailed, run.Error));
        }

        var applied = new List<double>();
        for (var i = 0; i <= runs; i++)
            applied.Add(await ApplyAsync(before, after, overlay, Path.Combine(folder, "result"), ct));
        return new OverlayFigures(
            effort == OverlayEffort.Small ? OverlayReport.Small : OverlayReport.Fast,
            new FileInfo(overlay).Length,
            new Samples([.. created.Select(r => r.Seconds)]).P50,
            new Samples(applied[1..]).P50, // the first run loads and compiles
            created.Max(r => r.PeakMiB)
        );
    }

    /// <summary>Body of the measured process.</summary>
    public static void Cut(string before, string after, string index, string overlay, OverlayEffort effort)
    {
        using var old = new SparseFile(before);
        using var disk = new SparseFile(after);
        var all = new ChangedStore(disk, [new PageRun(0, disk.Length / PageSize.Bytes)]);
        new OverlayWriter(new OverlayBase(Id, old, null), index).Write(
            overlay,
            new OverlayContent(all, null),
            effort,
            null,
            CancellationToken.None
        );
    }

    /// <summary>Arguments of the host that runs this program, if it is not an executable itself.</summary>
    private static IEnumerable<string> Own() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(MovedOverlay).Assembly.Location] : [];

    /// <summary>Seconds to verify and apply, without copying the base, which a VM does not need either.</summary>
    private static async Task<double> ApplyAsync(string before, string after, string overlay, string result, CancellationToken ct)
    {
        File.Copy(before, result, overwrite: true);
        using (var old = new SparseFile(before))
        using (var target = new WrittenFile(result, old.Length))
        {
            var watch = Stopwatch.StartNew();
            await using (var file = File.OpenRead(overlay))
                await (await OverlayReader.OpenAsync(file, ct)).ApplyAsync(new OverlayBase(Id, old, null), target, null, null, ct);
            var seconds = watch.Elapsed.TotalSeconds;
            return await FilesEqual.AreAsync(after, result, ct)
                ? seconds
                : throw new CloudletException(ErrorKind.Unexpected, "an overlay does not restore its input");
        }
    }

    private sealed class WrittenFile(string path, long length) : IPageWriter, IDisposable
    {
        private readonly SafeFileHandle _file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);

        public long Length => length;

        public void Write(long offset, ReadOnlySpan<byte> pages) => RandomAccess.Write(_file, pages, offset);

        public void Dispose() => _file.Dispose();
    }
}
