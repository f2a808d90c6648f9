using System.Text.Json.Serialization;
using Cloudlet.Errors;

namespace Cloudlet.Explain.Exhibits;

/// <summary>
/// One raw piece of evidence: what was asked, how and when, and what came back. Nothing in it is interpreted, so that a person can check
/// every conclusion against it.
/// </summary>
/// <param name="Id">What it is, as in <see cref="ExhibitIds"/>: <c>unit:nova-compute.service</c>.</param>
/// <param name="How">The command, path or request, as a person would repeat it; without secrets.</param>
/// <param name="Taken">When, UTC by the host's own clock.</param>
public sealed record Exhibit(
    [property: JsonRequired] string Id,
    [property: JsonRequired] string How,
    [property: JsonRequired] DateTimeOffset Taken
)
{
    /// <summary>Exit status of the command; null when there was no command or it never finished.</summary>
    public int? ExitStatus { get; init; }

    /// <summary>Status of the HTTP answer; null when there was no request or no answer.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>Why there is no answer: connection refused, no such file, no such program; null when there is one.</summary>
    public string? Trouble { get; init; }

    /// <summary>What kind of error that was; null without an error, or when it is unknown.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<ErrorKind>))]
    public ErrorKind? TroubleKind { get; init; }

    /// <summary>What came back, secrets removed; at most <see cref="BundleLimits.Text"/> characters.</summary>
    /// <remarks>Generated readers set an absent property to null.</remarks>
    public string Text
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>True when <see cref="Text"/> is a part of what came back.</summary>
    public bool Truncated { get; init; }

    /// <summary>True for a usable answer: no trouble, exit status 0, HTTP status 2xx.</summary>
    [JsonIgnore]
    public bool IsAnswer => Trouble is null && ExitStatus is null or 0 && HttpStatus is null or (>= 200 and < 300);

    /// <summary>
    /// True when a service was asked and did not answer, or answered that it cannot (HTTP status 5xx). A refusal is an answer: it works.
    /// </summary>
    [JsonIgnore]
    public bool IsDead => TroubleKind is ErrorKind.Unreachable or ErrorKind.Timeout || HttpStatus >= 500;

    /// <summary>
    /// The same exhibit with text that came back. Secrets are removed before the text is cut: half a secret could no longer be recognized
    /// as one.
    /// </summary>
    /// <param name="text">What came back.</param>
    /// <param name="redaction">Removes the secrets.</param>
    /// <param name="keep">Which end of a long text is kept.</param>
    public Exhibit WithText(string text, Redaction redaction, KeptEnd keep = KeptEnd.First)
    {
        var clean = redaction.Of(Id, text);
        return this with
        {
            How = redaction.Text(How),
            Trouble = Trouble is null ? null : redaction.Text(Trouble),
            Text = Cut(clean, keep),
            Truncated = Truncated || clean.Length > BundleLimits.Text,
        };
    }

    /// <summary>Cuts between lines where possible: half a line would be quoted as a whole one.</summary>
    private static string Cut(string text, KeptEnd keep)
    {
        if (text.Length <= BundleLimits.Text)
            return text;
        if (keep == KeptEnd.First)
        {
            var end = text.LastIndexOf('\n', BundleLimits.Text - 1);
            return Whole(text[..(end < 0 ? BundleLimits.Text : end + 1)]);
        }

        var from = text.Length - BundleLimits.Text;
        var start = text.IndexOf('\n', from - 1);
        return Whole(text[(start < 0 || start == text.Length - 1 ? from : start + 1)..]);
    }

    /// <summary>Without half a surrogate pair at an end, which JSON cannot represent.</summary>
    private static string Whole(string text) =>
        text[
            (text.Length > 0 && char.IsLowSurrogate(text[0]) ? 1 : 0)..(
                text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text.Length - 1 : text.Length
            )
        ];
}

/// <summary>Which end of a long text is more useful.</summary>
public enum KeptEnd
{
    /// <summary>The first lines: answers and files.</summary>
    First,

    /// <summary>The last lines: logs.</summary>
    Last,
}
