using System.Globalization;

namespace Cloudlet.Explain.Situations;

/// <summary>A line <c>NAME RESULT [words]</c>: what was tried, and what came of it.</summary>
/// <param name="Exhibit">Id of the exhibit.</param>
/// <param name="Name">What was tried.</param>
/// <param name="Result">What came of it, in a word.</param>
/// <param name="Words">What else is known.</param>
/// <param name="Line">The line.</param>
internal sealed record Probe(string Exhibit, string Name, string Result, string Words, string Line)
{
    /// <summary>True when nothing answered.</summary>
    public bool IsDead => Result is "refused" or "timeout" or "unreachable" or "unresolved";

    /// <summary>The result as a number, or null.</summary>
    public double? Number =>
        double.TryParse(Result, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : null;

    /// <summary>The words as a number, or null.</summary>
    public double? WordsNumber =>
        double.TryParse(Words, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    /// <summary>Lines of an exhibit; null when it gave none.</summary>
    public static IReadOnlyList<Probe>? ReadAll(string id, Notes notes)
    {
        if (notes.Answer(id, isNeeded: false) is not { } exhibit)
            return null;
        List<Probe> probes = [];
        foreach (var line in exhibit.Text.Split('\n'))
        {
            var words = line.Trim().Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2)
                probes.Add(new Probe(id, words[0], words[1], words.Length > 2 ? words[2] : "", line.Trim()));
        }

        return probes;
    }
}
