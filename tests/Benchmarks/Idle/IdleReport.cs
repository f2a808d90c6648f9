using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Idle;

/// <summary>The result, for people and programs.</summary>
internal static class IdleReport
{
    /// <summary>MB; smaller differences are noise, from which pages happen to be resident.</summary>
    private const double Growth = 1;

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string Json(IdleResult result) => JsonSerializer.Serialize(result, Indented);

    public static string Markdown(IdleResult result)
    {
        var text = new StringBuilder();
        foreach (var line in result.Machine)
            text.Append("- ").AppendLine(line);
        var ours = result.Idle[0];
        text.AppendLine().AppendLine("Nothing happens; memory in MB (10⁶ bytes) at the end:").AppendLine();
        text.AppendLine(
            "| process | period, s | RSS | anon + file + shared | PSS | largest ever | CPU, % of a core | wake-ups a second | "
                + "threads | descriptors | RSS / ours |"
        );
        text.AppendLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var p in result.Idle)
            text.AppendLine(
                $"| `{p.Program}` | {p.Period:0} | {Memory(p.End)} | {p.CpuPercent:0.000} | {p.WakeUps:0.00} | {p.End.Threads} | "
                    + $"{p.End.Descriptors} | {p.End.Megabytes / ours.End.Megabytes:0.00}x |"
            );
        text.AppendLine().AppendLine("Our daemon at work:").AppendLine();
        text.AppendLine("| moment | RSS | anon + file + shared | PSS | largest ever | threads | descriptors |")
            .AppendLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var m in result.Moments)
            text.AppendLine($"| {m.When} | {Memory(m.Figures)} | {m.Figures.Threads} | {m.Figures.Descriptors} |");
        Aim.Table(text, Aims(ours, result.Moments));
        return text.ToString();
    }

    private static List<Aim> Aims(IdleProcess ours, IReadOnlyList<Moment> moments)
    {
        // Not from before all events: the first ones load the program's pages that handle them. A leak would leak again.
        var before = moments[^3].Figures;
        var after = moments[^1].Figures;
        return
        [
            Aim.AtMost("idle RSS", 18, ours.End.Megabytes, "MB"),
            Aim.AtMost("idle CPU", 0.05, ours.CpuPercent, "%"),
            Aim.AtMost("idle wake-ups", 1, ours.WakeUps, "a second"),
            Aim.AtMost($"RSS grows with a second {IdleBenchmark.Events:#,0} events by", Growth, after.Megabytes - before.Megabytes, "MB"),
            Aim.AtMost("descriptors grow with all events by", 0, after.Descriptors - moments[0].Figures.Descriptors, "descriptors"),
        ];
    }

    private static string Memory(Figures f) =>
        $"{f.Megabytes:0.0} | {Figures.ToMegabytes(f.Anon):0.0} + {Figures.ToMegabytes(f.File):0.0} + "
        + $"{Figures.ToMegabytes(f.Shmem):0.0} | {Figures.ToMegabytes(f.Pss):0.0} "
        + $"| {Figures.ToMegabytes(f.Peak):0.0}";
}
