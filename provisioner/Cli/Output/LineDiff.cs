namespace Cloudlet.Cli.Output;

/// <summary>
/// The lines that differ between two texts, with one line of context, by the longest common subsequence of what is between common start and
/// end.
/// </summary>
internal static class LineDiff
{
    private const int MostCells = 4_000_000;

    /// <summary>Lines that begin with <c>+ </c>, <c>- </c> or two spaces.</summary>
    public static IReadOnlyList<string> Between(string from, string to)
    {
        var (old, now) = (Lines(from), Lines(to));
        var head = 0;
        while (head < old.Length && head < now.Length && old[head] == now[head])
            head++;
        var tail = 0;
        while (tail < old.Length - head && tail < now.Length - head && old[^(tail + 1)] == now[^(tail + 1)])
            tail++;

        var result = new List<string>();
        if (head > 0)
            result.Add("  " + old[head - 1]);
        Middle(old.AsSpan(head, old.Length - head - tail), now.AsSpan(head, now.Length - head - tail), result);
        if (tail > 0)
            result.Add("  " + old[^tail]);
        return result;
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');

    private static void Middle(ReadOnlySpan<string> old, ReadOnlySpan<string> now, List<string> result)
    {
        if ((long)old.Length * now.Length > MostCells)
        {
            Add(result, "- ", old);
            Add(result, "+ ", now);
            return;
        }

        var common = CommonLengths(old, now);
        var (i, j) = (0, 0);
        while (i < old.Length || j < now.Length)
        {
            if (i < old.Length && j < now.Length && old[i] == now[j])
                (_, i, j) = (Push(result, "  " + old[i]), i + 1, j + 1);
            else if (j == now.Length || (i < old.Length && common[i + 1, j] >= common[i, j + 1]))
                result.Add("- " + old[i++]);
            else
                result.Add("+ " + now[j++]);
        }
    }

    private static int[,] CommonLengths(ReadOnlySpan<string> old, ReadOnlySpan<string> now)
    {
        var length = new int[old.Length + 1, now.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
        for (var j = now.Length - 1; j >= 0; j--)
            length[i, j] = old[i] == now[j] ? length[i + 1, j + 1] + 1 : Math.Max(length[i + 1, j], length[i, j + 1]);
        return length;
    }

    private static void Add(List<string> result, string sign, ReadOnlySpan<string> lines)
    {
        foreach (var line in lines)
            result.Add(sign + line);
    }

    private static int Push(List<string> result, string line)
    {
        result.Add(line);
        return result.Count;
    }
}
