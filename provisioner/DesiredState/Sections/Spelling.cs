namespace Cloudlet.DesiredState.Sections;

/// <summary>Finds the word that a misspelt one was probably meant to be.</summary>
public static class Spelling
{
    /// <summary><c>; did you mean "addresses"?</c>, or an empty text when no word is similar.</summary>
    public static string Hint(string written, IEnumerable<string> words) =>
        Closest(written, words) is { } word ? $"; did you mean \"{word}\"?" : "";

    /// <summary>
    /// The word nearest to <paramref name="written"/>, at most two edits away: one for a word of three or four letters, none for a shorter
    /// one.
    /// </summary>
    public static string? Closest(string written, IEnumerable<string> words)
    {
        string? best = null;
        var bestDistance = written.Length switch
        {
            < 3 => 1,
            < 5 => 2,
            _ => 3,
        };
        foreach (var word in words)
        {
            if (Math.Abs(word.Length - written.Length) >= bestDistance)
                continue;
            var distance = Distance(written.ToUpperInvariant(), word.ToUpperInvariant());
            if (distance >= bestDistance)
                continue;
            best = word;
            bestDistance = distance;
        }

        return best;
    }

    /// <summary>
    /// Number of inserted, dropped, changed and swapped neighbouring letters between two words (optimal string alignment: Damerau 1964,
    /// Levenshtein 1966, no letter edited twice).
    /// </summary>
    public static int Distance(string a, string b)
    {
        var beforePrevious = new int[b.Length + 1];
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(change, 1 + Math.Min(previous[j], current[j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    current[j] = Math.Min(current[j], beforePrevious[j - 2] + 1);
            }

            (beforePrevious, previous, current) = (previous, current, beforePrevious);
        }

        return previous[b.Length];
    }
}
