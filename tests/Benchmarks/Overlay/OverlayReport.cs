using System.Text;
using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>The result, for people and programs.</summary>
internal static class OverlayReport
{
    /// <summary>Our program's name in the tables.</summary>
    public const string Fast = "cloudlet overlay create",
        Small = "cloudlet overlay create --small";

    private const string Moved = "moved: ";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Versions of all compared programs.</summary>
    public static async Task<IReadOnlyList<string>> VersionsAsync(CancellationToken ct)
    {
        var lines = new List<string>();
        foreach (
            var (program, arguments) in ((string, string[])[])
                [
                    (Published.Program(), ["--version"]),
                    ("zstd", ["--version"]),
                    ("xdelta3", ["-V"]),
                    ("qemu-system-x86_64", ["--version"]),
                    ("dpkg-query", ["-W", "-f", "bsdiff ${Version}", "bsdiff"]),
                ]
        )
        {
            var said = await Cli.Wrap(program)
                .WithArguments(arguments)
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(ct);
            lines.Add($"{Path.GetFileName(program)}: {(said.StandardOutput + said.StandardError).Split('\n')[0].Trim()}");
        }

        return lines;
    }

    public static string Json(
        IReadOnlyList<string> machine,
        IReadOnlyList<CorpusResult> results,
        double scan,
        IReadOnlyList<ResumeFigures> resumes
    ) =>
        JsonSerializer.Serialize(
            new
            {
                machine,
                results,
                scanSecondsPerGiBAndCore = scan,
                resumes,
            },
            Indented
        );

    public static string Markdown(
        IReadOnlyList<string> machine,
        IReadOnlyList<CorpusResult> results,
        double scan,
        IReadOnlyList<ResumeFigures> resumes
    )
    {
        var text = new StringBuilder();
        foreach (var line in machine)
            text.Append("- ").AppendLine(line);
        foreach (var result in results)
            Table(text, result);
        Losses(text, results);
        if (resumes.Count > 0)
            Table(text, resumes);
        text.AppendLine().AppendLine("### Aims");
        Aim.Table(text, [.. Aims(results), .. resumes.Count > 0 ? Aims(scan, resumes) : []]);
        return text.ToString();
    }

    /// <summary>The table of one corpus.</summary>
    public static string Markdown(CorpusResult result)
    {
        var text = new StringBuilder();
        Table(text, result);
        return text.ToString();
    }

    private static void Table(StringBuilder text, CorpusResult result)
    {
        var fast = result.Figures[0];
        text.AppendLine().AppendLine($"### {result.Corpus.Name}").AppendLine();
        text.AppendLine($"{result.Corpus.What}; {result.Corpus.MemoryMiB} MiB of memory, {result.InputMiB} MiB with the disk.")
            .AppendLine();
        text.AppendLine("| tool | bytes | / ours, fast | create s | / ours, fast | apply s | / ours, fast | peak MiB |")
            .AppendLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var f in result.Figures)
            text.AppendLine(
                f.Bytes == 0
                    ? $"| `{f.Tool}` | made nothing: {f.Note?.ReplaceLineEndings(" ")} | | {f.CreateSeconds:0.0} | | | | {f.PeakMiB:0} |"
                    : $"| `{f.Tool}` | {f.Bytes:#,0} | {(double)f.Bytes / fast.Bytes:0.00} | {f.CreateSeconds:0.00} | "
                        + $"{f.CreateSeconds / fast.CreateSeconds:0.0} | {f.ApplySeconds:0.00} | "
                        + $"{f.ApplySeconds / fast.ApplySeconds:0.0} | {f.PeakMiB:0} |"
            );
        foreach (var line in result.NotRun)
            text.AppendLine().AppendLine($"- {line}");
    }

    /// <summary>Our sizes beside the best of the others, and where ours are larger.</summary>
    private static void Losses(StringBuilder text, IReadOnlyList<CorpusResult> results)
    {
        text.AppendLine().AppendLine("### Where we lose").AppendLine();
        text.AppendLine("Size of ours beside `zstd -3` (fast), and beside the best of `zstd -19`, `xdelta3 -9 -S lzma` and bsdiff (small).")
            .AppendLine();
        text.AppendLine("| corpus | fast / `zstd -3` | small / the best | the best is | we lose |");
        text.AppendLine("| --- | --- | --- | --- | --- |");
        foreach (var result in results)
        {
            var (fast, small, best) = (Bytes(result, Fast, "zstd -3"), OfBest(result), Best(result));
            var lost = string.Join(", ", new[] { (fast, "fast"), (small, "small") }.Where(r => r.Item1 > 1).Select(r => r.Item2));
            var (peer, bold) = (best is null ? "no peer" : $"`{best.Tool}`", lost.Length == 0 ? "" : $"**{lost}**");
            text.AppendLine($"| {result.Corpus.Name} | {fast:0.00} | {small:0.00} | {peer} | {bold} |");
        }

        var all = results.Select(OfBest).OfType<double>().ToList();
        if (all.Count > 0)
            text.AppendLine().AppendLine($"Geometric mean of the small mode over {all.Count} corpora: {Mean(all):0.00}.");
    }

    private static void Table(StringBuilder text, IReadOnlyList<ResumeFigures> resumes)
    {
        text.AppendLine().AppendLine("### Resume").AppendLine();
        text.AppendLine(
                "Milliseconds, p50 (p99). Running: from the call to a guest that runs. Bare QEMU: same machine type and memory, no "
                    + "device, no guest, to its first answer. First output: to the guest's "
                    + "first answer to a key; `-incoming`: the same "
                    + "of QEMU with every device and its whole state in a file."
            )
            .AppendLine();
        text.AppendLine("| guest memory, MiB | running | bare QEMU | first output | first output, `-incoming` | / ours |")
            .AppendLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var r in resumes)
            text.AppendLine(
                $"| {r.MemoryMiB} | {Milliseconds(r.Resumed)} | {Milliseconds(r.Bare)} | {Milliseconds(r.FirstOutput)} | "
                    + $"{Milliseconds(r.Incoming)} | "
                    + $"{(r.Incoming.Values.Count == 0 ? "" : $"{r.Incoming.P50 / r.FirstOutput.P50:0.0}")} "
                    + "|"
            );
    }

    private static string Milliseconds(Samples seconds) =>
        seconds.Values.Count == 0 ? "no guest fits" : $"{seconds.P50 * 1000:0} ({seconds.P99 * 1000:0})";

    private static IEnumerable<Aim> Aims(double scan, IReadOnlyList<ResumeFigures> resumes)
    {
        yield return Aim.AtMost("unchanged data, a GiB and core,", 0.4, scan, "s");
        yield return Aim.AtMost(
            "resume more than a bare QEMU, the worst size,",
            100,
            resumes.Max(r => r.Resumed.P50 - r.Bare.P50) * 1000,
            "ms"
        );
        yield return Aim.AtMost("resume, the largest memory / the smallest,", 1.2, resumes[^1].Resumed.P50 / resumes[0].Resumed.P50, "");
    }

    private static List<Aim> Aims(IReadOnlyList<CorpusResult> results)
    {
        var aims = new List<Aim>();
        Add(
            "size, small / `xdelta3 -9 -S lzma`, the worst,",
            0.5,
            results.Select(r => Bytes(r, Small, "xdelta3 -9 -S lzma")),
            values => values.Max()
        );
        Add("size, small / `xdelta3 -9 -S lzma`, geometric mean,", 0.5, results.Select(r => Bytes(r, Small, "xdelta3 -9 -S lzma")), Mean);
        Add("size, small / the best peer, geometric mean,", 0.8, results.Select(BestPeer), Mean);
        Add("size, small / the best peer, the worst,", 1.02, results.Select(BestPeer), values => values.Max());
        Add("size, small / the best of `zstd -19`, `xdelta3 -9 -S lzma`, bsdiff, geometric mean,", 0.7, results.Select(OfBest), Mean);
        Add(
            "moved, size, small / the best of `zstd -19`, `xdelta3 -9 -S lzma`, bsdiff, the worst,",
            1,
            results.Where(IsMoved).Select(OfBest),
            values => values.Max()
        );
        Add(
            "moved, size, fast / `zstd -3`, the worst,",
            1,
            results.Where(IsMoved).Select(r => Bytes(r, Fast, "zstd -3")),
            values => values.Max()
        );
        Add(
            "size, small / the reference system's mode, the worst,",
            1,
            results.Select(r => Bytes(r, Small, "pages by SHA-256")),
            values => values.Max()
        );
        Add("size, fast / `zstd -3`, the worst,", 1, results.Select(r => Bytes(r, Fast, "zstd -3")), values => values.Max());
        var guests = results.Where(r => !IsMoved(r)).ToList();
        Add(
            "time to create, fast / `zstd -3`, guests, the worst,",
            0.1,
            guests.Select(r => Time(r, Fast, "zstd -3", f => f.CreateSeconds)),
            values => values.Max()
        );
        Add("size, small / `zstd -19`, the worst,", 1.03, results.Select(r => Bytes(r, Small, "zstd -19")), values => values.Max());
        Add(
            "time to create, small / `zstd -19`, the worst,",
            0.1,
            results.Select(r => Time(r, Small, "zstd -19", f => f.CreateSeconds)),
            values => values.Max()
        );
        Add(
            "time to apply / `zstd -d`, the worst,",
            1 / 3.0,
            results.Select(r => Time(r, Fast, "zstd -3", f => f.ApplySeconds)),
            values => values.Max()
        );
        Add(
            "time to apply / `xdelta3 -d`, the worst,",
            1 / 5.0,
            results.Select(r => Time(r, Fast, "xdelta3 -9 -S", f => f.ApplySeconds)),
            values => values.Max()
        );
        if (results.Count > 0)
            aims.Add(Aim.AtMost("memory of create, the most,", 256, results.SelectMany(r => r.Figures.Take(2)).Max(f => f.PeakMiB), "MiB"));
        return aims;

        void Add(string text, double limit, IEnumerable<double?> values, Func<IEnumerable<double>, double> of)
        {
            var known = values.OfType<double>().ToList();
            if (known.Count > 0)
                aims.Add(Aim.AtMost(text, limit, of(known), $"({known.Count} corpora)"));
        }
    }

    private static bool IsMoved(CorpusResult result) => result.Corpus.Name.StartsWith(Moved, StringComparison.Ordinal);

    /// <summary>The smallest of the results that our aim refers to; null without any.</summary>
    private static OverlayFigures? Best(CorpusResult result) =>
        new[] { "zstd -19", "xdelta3 -9 -S lzma", "bsdiff" }.Select(peer => Of(result, peer)).OfType<OverlayFigures>().MinBy(f => f.Bytes);

    private static double? OfBest(CorpusResult result) => Best(result) is { } best ? (double)Of(result, Small)!.Bytes / best.Bytes : null;

    private static OverlayFigures? Of(CorpusResult result, string tool) =>
        result.Figures.FirstOrDefault(f =>
            f.Bytes > 0 && (tool is Fast or Small ? f.Tool == tool : f.Tool.StartsWith(tool, StringComparison.Ordinal))
        );

    private static double? Bytes(CorpusResult result, string ours, string peer) =>
        (double?)Of(result, ours)?.Bytes / Of(result, peer)?.Bytes;

    private static double? Time(CorpusResult result, string ours, string peer, Func<OverlayFigures, double> of) =>
        Of(result, ours) is { } our && Of(result, peer) is { } theirs ? of(our) / of(theirs) : null;

    private static double? BestPeer(CorpusResult result) =>
        result
            .Figures.Skip(2)
            .Where(f => f.Bytes > 0 && OverlayPeer.All.Any(p => p.Name == f.Tool) && !f.Tool.Contains("-S lzma", StringComparison.Ordinal))
            .Select(f => (double?)Of(result, Small)!.Bytes / f.Bytes)
            .Max();

    private static double Mean(IEnumerable<double> values) => Math.Exp(values.Average(Math.Log));
}
