using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;
using Cloudlet.Explain.Causes;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain;

/// <summary>Why no server can be scheduled on a host, as far as a bundle shows.</summary>
/// <param name="Host">Name of the host.</param>
/// <param name="Collected">When it was collected, UTC by the host's own clock.</param>
/// <param name="Findings">Causes, the most likely root first; empty when none was found.</param>
/// <param name="Unknowns">What could not be seen.</param>
/// <param name="Looked">Exhibits that gave an answer.</param>
public sealed record Explanation(
    [property: JsonRequired] string Host,
    [property: JsonRequired] DateTimeOffset Collected,
    [property: JsonRequired] IReadOnlyList<Finding> Findings,
    [property: JsonRequired] IReadOnlyList<Unknown> Unknowns,
    [property: JsonRequired] IReadOnlyList<string> Looked
)
{
    private const int LongestText = 500;
    private const int MostEvidence = 12;

    /// <summary>True when nothing was found and everything that matters was seen.</summary>
    [JsonIgnore]
    public bool IsWell => Findings.Count == 0 && Unknowns.Count == 0;

    /// <summary>Explains what a bundle shows. Pure: the same bundle gives the same answer.</summary>
    public static Explanation Of(Bundle bundle)
    {
        var situation = Situation.Of(bundle);
        List<(ICause, Finding)> found = [];
        foreach (var cause in AllCauses.InOrder)
        {
            if (cause.Find(situation) is { } finding)
                found.Add((cause, Bounded(finding)));
        }

        return new Explanation(situation.Host, situation.Collected, Ranking.Rank(found), situation.Unknowns, situation.Looked);
    }

    /// <summary>Texts in a bundle may have any length; those of a finding are bounded.</summary>
    private static Finding Bounded(Finding finding) =>
        finding with
        {
            Subject = Short(finding.Subject),
            Summary = Short(finding.Summary),
            Evidence = [.. finding.Evidence.Take(MostEvidence).Select(e => e with { Quote = Short(e.Quote) })],
        };

    private static string Short(string text) =>
        text.Length <= LongestText ? text : $"{text[..(char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText)]}…";

    /// <summary>As one line of JSON. docs/formats/bundle.md describes it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ExplanationJson.Readable.Explanation);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="CloudletException"><see cref="ErrorKind.InvalidInput"/>: the text is not an explanation.</exception>
    public static Explanation Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ExplanationJson.Readable.Explanation) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new CloudletException(
                ErrorKind.InvalidInput,
                "the text is not an explanation as JSON; `cloudlet explain --json` writes one",
                e
            );
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(Explanation))]
internal sealed partial class ExplanationJson : JsonSerializerContext
{
    /// <summary>Does not escape quotes from logs: people read them.</summary>
    public static ExplanationJson Readable =>
        field ??= new ExplanationJson(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
