using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Nova;

/// <summary>The result, for people and programs.</summary>
internal static class NovaReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public static string Json(NovaResult result) => JsonSerializer.Serialize(result, Indented);

    public static string Markdown(NovaResult result)
    {
        var text = new StringBuilder();
        foreach (var line in result.Machine)
            text.Append("- ").AppendLine(line);
        var first = new Samples(result.First);
        text.AppendLine(
            $"- a server of the healthy host is ACTIVE after {first.P50:0.0} s (p50 of {first.Values.Count}; at most {first.Max:0.0} s)"
        );
        text.AppendLine()
            .AppendLine(
                "Seconds since the break began, p50 of the runs; the break itself takes most of the first column, because it "
                    + "restarts three services:"
            )
            .AppendLine();
        text.AppendLine(
            "| | runs | broken | compute down | 'No valid host' | repair may begin | compute restarted | up | next server ACTIVE | "
                + "repair took, p50 | at most |"
        );
        text.AppendLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var way in result.Trials.GroupBy(t => t.Name))
        {
            var moments = Enum.GetValues<Moment>()
                .Select(m => Text(way.Select(t => t.Seconds.TryGetValue(m, out var at) ? at : (double?)null)));
            var repairs = way.Select(t => t.Repair).ToList();
            text.AppendLine(
                $"| {way.Key} | {way.Count()} | {string.Join(" | ", moments)} | {Text(repairs)} | "
                    + $"{(repairs.Any(r => r is null) ? "never" : Number(repairs.Max()!.Value))} "
                    + "|"
            );
        }

        text.AppendLine();
        foreach (var way in result.Trials.GroupBy(t => t.Name))
            text.AppendLine(
                $"- **{way.Key}**: {way.First().What} Servers that failed: {way.Count(t => t.Fault is not null)} of {way.Count()} "
                    + "runs had "
                    + $"one{(way.FirstOrDefault(t => t.Fault is not null) is { Fault: { } fault } ? $" (\"{fault}\")" : "")}."
            );
        return text.ToString();
    }

    /// <summary>The median of the values; – without values.</summary>
    private static string Text(IEnumerable<double?> values)
    {
        double[] there = [.. values.OfType<double>()];
        return there.Length == 0 ? "–" : Number(new Samples(there).P50);
    }

    private static string Number(double seconds) => seconds.ToString("0.0", CultureInfo.InvariantCulture);
}
