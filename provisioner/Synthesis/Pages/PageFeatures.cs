using System.Runtime.InteropServices;

namespace Cloudlet.Synthesis.Pages;

/// <summary>
/// A sketch of a page's content: similar pages share some of these numbers, at whatever offsets the common content is. They are the
/// smallest hashes of all windows of four words (Broder, "On the resemblance and containment of documents", 1997), without windows of one
/// repeated word.
/// </summary>
internal static class PageFeatures
{
    /// <summary>Most numbers of a page.</summary>
    public const int Count = 4;

    /// <summary>Computes the numbers of a page; returns how many.</summary>
    /// <param name="page">A page.</param>
    /// <param name="into">Receives up to <see cref="Count"/> numbers.</param>
    public static int Of(ReadOnlySpan<byte> page, Span<uint> into)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(page);
        Span<ulong> least = stackalloc ulong[Count];
        least.Fill(ulong.MaxValue);
        for (var i = 0; i + 4 <= words.Length; i++)
        {
            var (a, b, c, d) = (words[i], words[i + 1], words[i + 2], words[i + 3]);
            if (a == b && b == c && c == d)
                continue;
            var hash = Mixed((((((a * 0x9E3779B97F4A7C15) + b) * 0xC2B2AE3D27D4EB4F) + c) * 0x165667B19E3779F9) + d);
            if (hash < least[Count - 1])
                Insert(least, hash);
        }

        var count = 0;
        while (count < Count && least[count] != ulong.MaxValue)
        {
            // The smallest of many hashes are all small: mixing once more distributes them uniformly.
            into[count] = (uint)(Mixed(least[count]) >> 32);
            count++;
        }

        return count;
    }

    private static void Insert(Span<ulong> ascending, ulong value)
    {
        var at = ascending.Length - 1;
        while (at > 0 && value < ascending[at - 1])
            at--;
        if (at > 0 && ascending[at - 1] == value)
            return;
        ascending[at..^1].CopyTo(ascending[(at + 1)..]);
        ascending[at] = value;
    }

    private static ulong Mixed(ulong value)
    {
        value ^= value >> 29;
        value *= 0xBF58476D1CE4E5B9;
        return value ^ (value >> 32);
    }
}
