using System.Globalization;
using System.Text;

namespace Cloudlet.Service.Console.Parts;

/// <summary>Draws the map of an overlay: one square for each part, and one path for all squares of a kind.</summary>
public static class OverlayDrawing
{
    /// <summary>Squares in a row.</summary>
    public const int Columns = 128;

    /// <summary>The kinds, with their words.</summary>
    public static IReadOnlyList<(char Letter, string Class, string Text)> Kinds { get; } =
    [
        ('b', "base", "as in the base"),
        ('z', "zero", "zeros"),
        ('r', "referenced", "copy of another page"),
        ('c', "carried", "carried by the overlay"),
    ];

    /// <summary>Rows of a map.</summary>
    public static int RowsOf(string cells) => Math.Max(1, (cells.Length + Columns - 1) / Columns);

    /// <summary>The squares of a kind, as data of an SVG path; squares beside each other are one rectangle.</summary>
    /// <param name="cells">Letters of the parts.</param>
    /// <param name="letter">The kind.</param>
    public static string PathOf(string cells, char letter)
    {
        var path = new StringBuilder();
        for (var at = 0; at < cells.Length; )
        {
            var end = at + 1;
            while (end < cells.Length && end % Columns != 0 && cells[end] == cells[at])
                end++;
            if (cells[at] == letter)
                path.Append(CultureInfo.InvariantCulture, $"M{at % Columns} {at / Columns}h{end - at}v1h-{end - at}z");
            at = end;
        }

        return path.ToString();
    }

    /// <summary>The map in words, for those who do not see it.</summary>
    public static string TextOf(string cells)
    {
        var parts = Kinds
            .Select(k => (k.Text, Share: cells.Length == 0 ? 0 : 100.0 * cells.Count(c => c == k.Letter) / cells.Length))
            .Where(p => p.Share > 0)
            .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Share:0.#} % {p.Text}"));
        return string.Join(", ", parts);
    }
}
