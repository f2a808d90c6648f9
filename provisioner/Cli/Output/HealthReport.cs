using System.Text.Json;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Healing;
using Cloudlet.Healthd;
using Cloudlet.Healthd.Report;

namespace Cloudlet.Cli.Output;

/// <summary>The health daemon's status for users: one line when all is well, else the deviations.</summary>
internal sealed class HealthReport(TextWriter output, bool colours)
{
    /// <summary>Most resources that are listed; of the rest only the number is shown.</summary>
    private const int Most = 20;

    public void Write(string prefix, HealthReported reported)
    {
        WriteStatus(prefix, reported.Status);
        if (reported.History is { } json && HealthAnswers.ParseHistory(json) is { } history)
            WriteHistory(prefix, history);
    }

    private void WriteHistory(string prefix, HealthHistory history)
    {
        var lines = history
            .Heals.Select(h => (h.At, Text: Text(h)))
            .Concat(history.Alarms.Select(a => (At: a.Cleared ?? a.Raised, Text: Text(a))))
            .OrderBy(line => line.At);
        foreach (var (at, text) in lines)
            output.WriteLine($"{prefix}  {at:u} {text}");
        if (history.Heals.Count + history.Alarms.Count == 0)
            output.WriteLine($"{prefix}  nothing was healed, and no alarm was raised");
    }

    private string Text(HealRecord heal)
    {
        var word = heal.Left.Count == 0 ? Paint(Colour.Green, "healed") : Paint(Colour.Yellow, "not healed");
        return $"{word} {PlainText.Of(string.Join(", ", heal.Seen.Select(c => c.Id)))} (because of {PlainText.Of(heal.Because)}): "
            + $"seen after {heal.DetectionMilliseconds:0.0} ms, repaired and "
            + $"verified in {heal.RepairMilliseconds:0.0} ms";
    }

    private string Text(Alarm alarm)
    {
        var word = alarm.Cleared is null ? Paint(Colour.Red, "alarm") : Paint(Colour.Green, "alarm over");
        return $"{word} {Name(alarm)}{(alarm.Cleared is null ? $": {PlainText.Of(alarm.Message)}" : "")}";
    }

    private static string Name(Alarm alarm) =>
        $"{JsonNamingPolicy.KebabCaseLower.ConvertName(alarm.Kind.ToString())} {PlainText.Of(alarm.Subject)}";

    private void WriteStatus(string prefix, JsonElement? status)
    {
        if (status is not { } json || HealthAnswers.Parse(json) is not { } health)
        {
            output.WriteLine($"{prefix}no health daemon has reported since the boot; `health: {{}}` in the site file installs it");
            return;
        }

        var well = health.Resources.Count(r => r.State == ResourceState.Ok);
        var word =
            health.Digest is null ? Paint(Colour.Yellow, "no state yet")
            : health.IsWell ? Paint(Colour.Green, "well")
            : Paint(Colour.Yellow, "not all well");
        output.WriteLine(
            $"{prefix}{PlainText.Of(health.Host)}: {word}: {well} of {health.Resources.Count} resources as described; "
                + $"{health.Healed} healed, {health.Events} events since {health.Started:u}"
        );
        if (health.Hold is { } hold)
            output.WriteLine(
                $"{prefix}  {Paint(Colour.Yellow, "held")} by {PlainText.Of(hold.Owner)} until {hold.Expires:u}: "
                    + $"{PlainText.Of(hold.Reason)}"
            );
        foreach (var resource in health.Resources.Where(r => r.State != ResourceState.Ok).Take(Most))
            output.WriteLine(
                $"{prefix}  {Paint(Colour.Yellow, "~")} {PlainText.Of(resource.Id)} {Words(resource.State)} since "
                    + $"{resource.Since:u}: "
                    + $"{PlainText.Of(resource.Because ?? "")}{Attempts(resource)}"
            );
        foreach (var resource in health.Resources.Where(r => r is { State: ResourceState.Ok, Heals: > 0 }).Take(Most))
            output.WriteLine(
                $"{prefix}  {Paint(Colour.Green, "✓")} {PlainText.Of(resource.Id)} healed "
                    + $"{(resource.Heals == 1 ? "once" : $"{resource.Heals} times")}, last at "
                    + $"{resource.LastHeal:u}"
            );
        foreach (var alarm in health.Alarms)
            output.WriteLine($"{prefix}  {Paint(Colour.Red, "!")} {Name(alarm)} since {alarm.Raised:u}: {PlainText.Of(alarm.Message)}");
    }

    private static string Words(ResourceState state) => JsonNamingPolicy.KebabCaseLower.ConvertName(state.ToString()).Replace('-', ' ');

    private static string Attempts(ResourceHealth resource) =>
        (resource.Failures > 0 ? $"; {resource.Failures} attempts failed" : "")
        + (resource.NextTry is { } next ? $"; next try {next:u}" : "");

    private string Paint(Colour colour, string text) => colours ? Ansi.Paint(colour, text) : text;
}
