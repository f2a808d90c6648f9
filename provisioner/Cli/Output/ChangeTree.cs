using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Plans;

namespace Cloudlet.Cli.Output;

/// <summary>Draws the changes of one host as a tree: resource, then property from → to.</summary>
internal sealed class ChangeTree(TextWriter output, bool colours)
{
    private const int MostDiffLines = 40;
    private const int MostNewLines = 8;
    private const int MostCauses = 2;

    /// <summary>Writes the changes, then the resources that are no longer described and stay.</summary>
    public void Write(string host, string reach, IReadOnlyList<ResourceChange> changes, IReadOnlyList<KeptResource>? kept = null)
    {
        output.WriteLine($"{host} {Paint(Colour.Grey, $"({reach})")}");
        var stays = kept?.Count ?? 0;
        for (var i = 0; i < changes.Count; i++)
        {
            var last = i == changes.Count - 1 && stays == 0;
            var (sign, colour) = Sign(changes[i].Action);
            output.WriteLine($"{(last ? "└─" : "├─")} {Paint(colour, sign)} {PlainText.Of(changes[i].Id)}{Words(changes[i])}");
            foreach (var refusal in changes[i].Refusals ?? [])
                output.WriteLine($"{(last ? "  " : "│ ")}     {Paint(Colour.Red, "refused")}: {PlainText.Of(refusal)}");
            if (changes[i].Cause is { } cause)
                output.WriteLine($"{(last ? "  " : "│ ")}     {Paint(Colour.Grey, "cause")}: {PlainText.Of(cause)}");
            foreach (var line in Lines(changes[i]))
                output.WriteLine($"{(last ? "  " : "│ ")}     {line}");
        }

        for (var i = 0; i < stays; i++)
            output.WriteLine(
                $"{(i == stays - 1 ? "└─" : "├─")} {Paint(Colour.Grey, "=")} {PlainText.Of(kept![i].Id)} (no longer described, "
                    + $"stays: {PlainText.Of(kept[i].Reason)})"
            );
    }

    private static (string Sign, Colour Colour) Sign(ChangeAction action) =>
        action switch
        {
            ChangeAction.Create => ("+", Colour.Green),
            ChangeAction.Remove => ("-", Colour.Red),
            ChangeAction.Restore => ("<", Colour.Yellow),
            ChangeAction.Replace => ("±", Colour.Yellow),
            ChangeAction.Refresh => ("↻", Colour.Grey),
            ChangeAction.Unknown => ("?", Colour.Red),
            _ => ("~", Colour.Yellow),
        };

    private static string Words(ResourceChange change) =>
        change.Action switch
        {
            ChangeAction.Replace => " (is recreated)",
            ChangeAction.Refresh => $" (is checked again after {Causes(change.Properties)})",
            ChangeAction.Remove => $" (is removed{Because(change)})",
            ChangeAction.Restore => $" (is restored{Because(change)})",
            ChangeAction.Update when change.Reason is not null => $" ({PlainText.Of(change.Reason)})",
            ChangeAction.Unknown when change.Refusals is null => $": {PlainText.Of(change.Error ?? "")}",
            _ => "",
        };

    private static string Because(ResourceChange change) =>
        (change.Reason is { } reason ? $": {PlainText.Of(reason)}" : "") + (change.Error is { } error ? $"; {PlainText.Of(error)}" : "");

    private IEnumerable<string> Lines(ResourceChange change)
    {
        if (change.Action is ChangeAction.Refresh or ChangeAction.Remove)
            yield break;
        var shown = change.Properties.Where(p => !IsImpliedById(change, p)).ToList();
        var width = shown.Count == 0 ? 0 : shown.Max(p => p.Path.Length);
        foreach (var property in shown)
        {
            var (from, to) = (Text(property.From), Text(property.To));
            if (from.Contains('\n') || to.Contains('\n'))
            {
                yield return property.Path;
                foreach (var line in Diff(from, to))
                    yield return "  " + line;
            }
            else
            {
                yield return $"{property.Path.PadRight(width)}  {Values(change.Action, from, to, property)}";
            }
        }
    }

    private static string Causes(IReadOnlyList<PropertyChange> causes) =>
        causes.Count <= MostCauses
            ? string.Join(", ", causes.Select(c => PlainText.Of(Text(c.To))))
            : $"{string.Join(", ", causes.Take(MostCauses).Select(c => PlainText.Of(Text(c.To))))} and {causes.Count - MostCauses} more";

    /// <summary>True for a property of a new resource that its id tells already: name, path, the kind of a file.</summary>
    private static bool IsImpliedById(ResourceChange change, PropertyChange property) =>
        change.Action == ChangeAction.Create
        && (property.Path is "name" or "path" || (property.Path == "kind" && Text(property.To) == "file"));

    private string Values(ChangeAction action, string from, string to, PropertyChange property) =>
        (property.From, property.To) switch
        {
            (null, _) when action == ChangeAction.Create => to,
            (null, _) => Paint(Colour.Green, $"+ {to}"),
            (_, null) => Paint(Colour.Red, $"- {from}"),
            _ => $"{Paint(Colour.Red, from)} → {Paint(Colour.Green, to)}",
        };

    private IEnumerable<string> Diff(string from, string to)
    {
        var lines = LineDiff.Between(from, to);
        var most = from.Length == 0 ? MostNewLines : MostDiffLines;
        foreach (var line in lines.Take(most))
            yield return line[0] switch
            {
                '+' => Paint(Colour.Green, line),
                '-' => Paint(Colour.Red, line),
                _ => line,
            };
        if (lines.Count > most)
            yield return $"… {lines.Count - most} more lines";
    }

    /// <summary>A value as text; control characters are escaped, never sent to the terminal.</summary>
    private static string Text(JsonNode? node)
    {
        var text = node switch
        {
            null => "",
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            JsonObject route when route["to"] is { } destination => string.Join(
                ' ',
                [destination.ToString(), .. route.Where(p => p.Key != "to").Select(p => $"{p.Key} {Text(p.Value)}")]
            ),
            _ => node.ToJsonString(),
        };
        return PlainText.Of(text, keepLines: true);
    }

    private string Paint(Colour colour, string text) => colours && text.Length > 0 ? Ansi.Paint(colour, text) : text;
}
