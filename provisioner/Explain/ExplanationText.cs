using System.Globalization;
using System.Text;
using System.Text.Json;
using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain;

/// <summary>
/// Prints an explanation for people. Text from a host is not trusted with the terminal: control characters are escaped.
/// </summary>
/// <param name="output">Receives the text.</param>
public sealed class ExplanationText(TextWriter output)
{
    /// <summary>With findings, at most this many unknowns are listed; without findings, all are.</summary>
    private const int MostUnknowns = 5;

    /// <summary>Writes <paramref name="explanation"/>.</summary>
    public void Write(Explanation explanation)
    {
        var roots = explanation.Findings.Count(f => f.FollowsFrom is null);
        output.WriteLine(
            explanation.Findings.Count == 0
                ? $"{Plain(explanation.Host)}: nothing was found that keeps servers "
                    + $"away{(explanation.Unknowns.Count == 0 ? "" : ", in what could be seen")}."
                : $"{Plain(explanation.Host)}: {roots} cause{(roots == 1 ? "" : "s")} found, {explanation.Findings.Count - roots} "
                    + $"following from {(roots == 1 ? "it" : "them")}."
        );
        for (var i = 0; i < explanation.Findings.Count; i++)
            Write(i + 1, explanation.Findings[i]);
        Unknowns(explanation);
        if (explanation.Findings.Count == 0)
            output.WriteLine($"  Looked at: {Plain(string.Join(", ", explanation.Looked))}");
    }

    /// <summary>Name of a cause, as used everywhere: <c>stale-process</c>.</summary>
    public static string NameOf(CauseKind cause) => JsonNamingPolicy.KebabCaseLower.ConvertName(cause.ToString());

    private void Write(int number, Finding finding)
    {
        var follows = finding.FollowsFrom is { } root ? $", follows from {NameOf(root)}" : "";
        output.WriteLine(
            $"{number}. {NameOf(finding.Cause)} {Plain(finding.Subject)} ({NameOf(finding.Certainty)}{follows}): {Plain(finding.Summary)}"
        );
        foreach (var evidence in finding.Evidence)
            output.WriteLine($"     {Plain(evidence.Exhibit)}: {Plain(evidence.Quote)}");
        if (finding.FollowsFrom is not null)
            return;
        output.WriteLine($"   healthd: {Plain(finding.Heals)}");
        output.WriteLine($"   you:     {Plain(finding.Remedy)}");
    }

    private void Unknowns(Explanation explanation)
    {
        if (explanation.Unknowns.Count == 0)
            return;
        var most = explanation.Findings.Count == 0 ? int.MaxValue : MostUnknowns;
        output.WriteLine("  Not seen:");
        foreach (var unknown in explanation.Unknowns.Take(most))
            output.WriteLine($"     {Plain(unknown.Exhibit)}: {Plain(unknown.Reason)}");
        if (explanation.Unknowns.Count > most)
            output.WriteLine($"     and {explanation.Unknowns.Count - most} more");
    }

    private static string NameOf(Certainty certainty) => JsonNamingPolicy.KebabCaseLower.ConvertName(certainty.ToString());

    private static string Plain(string text)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            // Format characters can reverse the direction of a line, or hide part of it.
            if (char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format)
                shown.Append($"\\x{(int)c:x2}");
            else
                shown.Append(c);
        }

        return shown.ToString();
    }
}
