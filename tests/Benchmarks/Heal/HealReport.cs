using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>The result, for people and programs.</summary>
internal static class HealReport
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string Json(HealResult result) => JsonSerializer.Serialize(result, Indented);

    public static string Markdown(HealResult result)
    {
        var text = new StringBuilder();
        foreach (var line in result.Machine)
            text.Append("- ").AppendLine(line);
        text.AppendLine().AppendLine("Our daemon, milliseconds; default budget, so the trials rotate over 100 cables:").AppendLine();
        text.AppendLine(
                "| lost | trials | seen, p50 / p99 / max | seen after the kernel's event, p50 / p99 / max | restored, p50 / p99 / max |"
            )
            .AppendLine("| --- | --- | --- | --- | --- |");
        foreach (var s in result.Ours)
            text.AppendLine(
                $"| {s.What} | {s.Trials.Count} | {Three(s.Detection)} | {Three(s.DetectionFromEvent)} | {Three(s.Restored)}{Lost(s)} |"
            );
        Aim.Table(text, Aims(result));
        text.AppendLine().AppendLine("Peers, restored, seconds; the same observer; each holds one cable and one file:").AppendLine();
        text.AppendLine("| program | lost | trials | p50 | p99 | max | p50 / ours |")
            .AppendLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var s in result.Peers)
            text.AppendLine(Peer(s, result.Ours.First(o => o.What == s.What)));
        return text.ToString();
    }

    private static List<Aim> Aims(HealResult result)
    {
        var single = result.Ours.Where(s => s.What is "link" or "address").ToList();
        var detection = new Samples([.. single.SelectMany(s => s.Detection.Values)]);
        var restored = new Samples([.. single.SelectMany(s => s.Restored.Values)]);
        var files = result.Ours.Single(s => s.What == "file");
        return
        [
            Aim.AtMost("seen, p50,", 5, detection.P50, "ms"),
            Aim.AtMost("seen, p99,", 50, detection.P99, "ms"),
            Aim.AtMost("a link or an address is restored, p99,", 25, restored.P99, "ms"),
            Aim.AtMost("an edited file is restored, p50,", 1, files.Restored.P50, "ms"),
            Aim.AtMost("an edited file is restored, p99,", 2, files.Restored.P99, "ms"),
            Aim.AtMost("200 links at once, the slowest,", 1000, result.Ours.Single(s => s.What == "200 links").Restored.Max, "ms"),
            Aim.AtMost("an edited file is seen, the slowest,", 1000, files.Detection.Max, "ms"),
            new(
                "everything is restored within the bound",
                $"{result.Ours.Sum(s => s.NotRestored)} times not",
                result.Ours.All(s => s.NotRestored == 0)
            ),
            new("no service is restarted because of a file that was restored", result.Restarted ? "restarted" : "none", !result.Restarted),
        ];
    }

    private static string Peer(TrialSeries s, TrialSeries ours)
    {
        if (s.Restored.Values.Count == 0)
            return $"| `{s.Program}` | {s.What} | {s.Trials.Count} | not restored in {s.BoundSeconds:0} s | | | over "
                + $"{s.BoundSeconds * 1000 / ours.Restored.P50:0}x |";
        return $"| `{s.Program}` | {s.What} | {s.Trials.Count} | {s.Restored.P50 / 1000:0.00} | {s.Restored.P99 / 1000:0.00} | "
            + $"{s.Restored.Max / 1000:0.00}{Lost(s)} | "
            + $"{s.Restored.P50 / ours.Restored.P50:0}x |";
    }

    private static string Three(Samples samples) =>
        samples.Values.Count == 0 ? "–" : $"{samples.P50:0.00} / {samples.P99:0.00} / {samples.Max:0.00}";

    private static string Lost(TrialSeries s) => s.NotRestored == 0 ? "" : $"; {s.NotRestored} times not in {s.BoundSeconds:0} s";
}
