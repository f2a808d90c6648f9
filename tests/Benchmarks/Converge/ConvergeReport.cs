using System.Text;
using System.Text.Json;

namespace Cloudlet.Benchmarks.Converge;

/// <summary>The result, for people and programs. It shows missed aims as clearly as met ones.</summary>
internal static class ConvergeReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static string Json(ConvergeResult result) => JsonSerializer.Serialize(result, Indented);

    public static string Markdown(ConvergeResult result)
    {
        var text = new StringBuilder();
        foreach (var line in result.Machine)
            text.Append("- ").AppendLine(line);
        Table(text, "No-op apply", result.NoOp);
        Table(text, "First converge", result.First);
        Table(text, "No-op apply over ssh, from the host to its own sshd", result.Remote);
        Table(text, "Start", result.Starts);
        Table(text, "First contact over a link of 25 Mbit/s, nothing to do but to copy the program", result.Contacts);
        text.AppendLine().AppendLine("| aim | measured | |").AppendLine("| --- | --- | --- |");
        Aim(text, "no-op at least 200x faster than ansible -c local", result.NoOp, Contender.Ansible, 200);
        Aim(text, "no-op at least 20x faster than puppet apply", result.NoOp, Contender.Puppet, 20);
        Aim(text, "no-op at least 4x faster than cf-agent -K", result.NoOp, Contender.CfEngine, 4);
        Aim(text, "first converge at least 5x faster than ansible", result.First, Contender.Ansible, 5);
        var overSsh = 1 / RatioTo(result.Remote, Contender.Ssh);
        text.AppendLine($"| no-op over ssh at most 1.25x of `ssh HOST true` | {overSsh:0.00}x | {Word(overSsh <= 1.25)} |");
        var start = result.Starts[0].Median * 1000;
        text.AppendLine($"| `--version` in at most 15 ms | {start:0.0} ms | {Word(start <= 15)} |");
        var contact = result.Contacts[0].Median;
        text.AppendLine($"| first contact over 25 Mbit/s in at most 4 s | {contact:0.00} s | {Word(contact <= 4)} |");
        var writes = result.Writes.Count(w =>
            w.StartsWith("WRITES", StringComparison.Ordinal) || w.StartsWith("ASKS", StringComparison.Ordinal)
        );
        text.AppendLine($"| a no-op apply writes nothing | {writes} writing calls | " + $"{Word(writes == 0)} |");
        text.AppendLine()
            .AppendLine("Every call of a no-op apply that opens for writing, creates, removes or asks for a change:")
            .AppendLine();
        foreach (var call in result.Writes)
            text.Append("- ").AppendLine(call);
        Growth(text, result.Namespaces);
        return text.ToString();
    }

    private static void Table(StringBuilder text, string title, IReadOnlyList<Series> all)
    {
        var ours = all[0].Median;
        text.AppendLine().AppendLine($"{title}, {all[0].Runs.Count} runs each, interleaved:").AppendLine();
        text.AppendLine("| program | wall, median (min–max) s | CPU s | peak RSS MiB | wall / ours |")
            .AppendLine("| --- | --- | --- | --- | --- |");
        foreach (var s in all)
            text.AppendLine(
                $"| `{s.Contender}` | {s.Median:0.000} ({s.Min:0.000}–{s.Max:0.000}) | {s.Cpu:0.000} | {s.RssMebibytes:0} | "
                    + $"{s.Median / ours:0.00}x |"
            );
    }

    private static void Aim(StringBuilder text, string aim, IReadOnlyList<Series> all, Contender peer, double factor)
    {
        var ratio = RatioTo(all, peer);
        text.AppendLine($"| {aim} | {ratio:0.00}x | {Word(ratio >= factor)} |");
    }

    /// <summary>How many times longer a peer takes than the first contender.</summary>
    private static double RatioTo(IReadOnlyList<Series> all, Contender peer) =>
        all.Single(s => s.Contender == peer.Name).Median / all[0].Median;

    private static string Word(bool isMet) => isMet ? "met" : "MISSED";

    private static void Growth(StringBuilder text, IReadOnlyList<NamespaceRow> rows)
    {
        text.AppendLine()
            .AppendLine("Namespace hosts (3 links, 4 addresses each) in one `cloudlet apply`, on the machine itself:")
            .AppendLine();
        text.AppendLine("| hosts | first, s | first, ms a host | no-op, s | no-op, ms a host |")
            .AppendLine("| --- | --- | --- | --- | --- |");
        foreach (var row in rows)
            text.AppendLine(
                $"| {row.Hosts} | {row.First:0.000} | {row.First * 1000 / row.Hosts:0.0} | {row.NoOp:0.000} | "
                    + $"{row.NoOp * 1000 / row.Hosts:0.0} |"
            );
    }
}
