using Cloudlet.Check.Guests;

namespace Cloudlet.Check.Clouds;

/// <summary>What the guest wrote to its serial console. It is a guest: its words are bounded, and only compared and shown.</summary>
/// <param name="Address">Its address with the length of the prefix; null: it has none yet.</param>
/// <param name="Metadata">The id that its metadata has; null: it has not read it yet.</param>
/// <param name="Trouble">The last thing that did not work; null: nothing was reported.</param>
/// <param name="Tail">The last lines, for a message.</param>
internal sealed record GuestConsole(string? Address, string? Metadata, string? Trouble, string Tail)
{
    private const int LongestWord = 200;
    private const int LastLines = 4;

    /// <summary>Reads the console's text.</summary>
    public static GuestConsole Parse(string text)
    {
        string[] lines =
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(static l => l.Length > 0),
        ];
        var tail = string.Join(" | ", lines.TakeLast(LastLines).Select(static l => Bounded(l)));
        return new GuestConsole(Last(lines, "address"), Last(lines, "metadata"), Last(lines, "trouble"), tail);
    }

    private static string? Last(string[] lines, string word)
    {
        var prefix = $"{GuestInit.Mark} {word} ";
        return lines.LastOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal)) is { } found
            ? Bounded(found[prefix.Length..])
            : null;
    }

    private static string Bounded(string text)
    {
        var plain = new string([.. text.Where(static c => !char.IsControl(c))]);
        return plain.Length > LongestWord ? plain[..LongestWord] + "…" : plain;
    }
}
