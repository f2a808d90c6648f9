namespace Cloudlet.Lab.Model;

/// <summary>The last lines of a log, for messages.</summary>
internal static class TextTail
{
    /// <summary>
    /// The last <paramref name="count"/> lines of a file, without colours, each ended by a line feed; a note when the file does not exist.
    /// </summary>
    public static string OfFile(string path, int count) =>
        File.Exists(path) ? Of(File.ReadLines(path), count) : $"({path} was never written)\n";

    /// <summary>The last <paramref name="count"/> lines.</summary>
    public static string Of(IEnumerable<string> lines, int count) =>
        string.Concat(lines.Select(WithoutControls).Where(l => l.Length > 0).TakeLast(count).Select(l => l + "\n"));

    private static string WithoutControls(string line)
    {
        var text = new System.Text.StringBuilder(line.Length);
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\e')
                i = EndOfSequence(line, i);
            else if (!char.IsControl(line[i]) || line[i] == '\t')
                text.Append(line[i]);
        }

        return text.ToString().TrimEnd();
    }

    // ECMA-48: a control sequence is ESC [ … up to a byte in @–~; any other escape is taken as two characters.
    private static int EndOfSequence(string line, int escape)
    {
        if (escape + 1 >= line.Length || line[escape + 1] != '[')
            return escape + 1;
        var i = escape + 2;
        while (i < line.Length && line[i] is < '@' or > '~')
            i++;
        return i;
    }
}
