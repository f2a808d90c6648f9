namespace Cloudlet.DesiredState.Site.Yaml;

/// <summary>Checks of a text before, and after, it is parsed.</summary>
internal static class YamlText
{
    /// <summary>
    /// The first character that YAML 1.2.2 (section 5.1) does not allow in a file, with its place; null when there is none. The parser
    /// treats a NUL character as the end of the text.
    /// </summary>
    public static (SourcePlace Place, char Character)? FirstUnprintable(string file, string text)
    {
        var line = 1;
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\n')
            {
                line++;
                start = i + 1;
            }
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(c) || c is '\uFFFE' or '\uFFFF' || (char.IsControl(c) && c is not ('\t' or '\r' or '\u0085')))
            {
                return (new SourcePlace(file, line, i - start + 1), c);
            }
        }

        return null;
    }

    /// <summary>
    /// The first tab in the indentation of the lines <paramref name="from"/> to <paramref name="to"/>, around which the parser failed: the
    /// usual cause, and an invisible one.
    /// </summary>
    public static SourcePlace? FirstTabIndentation(string file, string text, long from, long to)
    {
        var line = 0;
        foreach (var content in text.AsSpan().EnumerateLines())
        {
            line++;
            var indentation = content[..^content.TrimStart().Length];
            if (line >= from && line <= to && content.Length > indentation.Length && indentation.Contains('\t'))
                return new SourcePlace(file, line, indentation.IndexOf('\t') + 1);
        }

        return null;
    }
}
