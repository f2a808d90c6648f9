using System.Buffers;
using System.Text;

namespace Cloudlet.Resources.Units.Configuration;

/// <summary>
/// A configuration file as options: <c>[section]</c>, <c>key = value</c>, comments, and what oslo.config makes of white space: an indented line goes on with the value above it, a blank line ends the value. Keys above
/// the first section are in DEFAULT. Two texts with the same options say the same to a program, whatever their comments, blank lines and order.
/// </summary>
internal sealed class ConfigurationText
{
    private const string DefaultSection = "DEFAULT";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    private readonly SortedDictionary<string, List<OptionValue>> options = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> openings = new(StringComparer.Ordinal);
    private readonly List<OddLine> odd = [];
    private string section = DefaultSection;
    private List<OptionValue>? open;

    private ConfigurationText()
    {
    }

    /// <summary>SECTION.KEY → its values in the order of the file.</summary>
    public IReadOnlyDictionary<string, List<OptionValue>> Options => options;

    /// <summary>Lines that are not of this grammar.</summary>
    public IReadOnlyList<OddLine> Odd => odd;

    /// <summary>How many lines are of this grammar, comments and blank lines left out.</summary>
    public int Understood { get; private set; }

    /// <summary>True with a section header.</summary>
    public bool HasSections => openings.Count > 0;

    /// <summary>The options, or null when a line is not of this grammar: then only the bytes say whether two files are the same.</summary>
    public static ConfigurationText? Parse(ReadOnlySpan<byte> content) => Read(content) is { odd.Count: 0 } text ? text : null;

    /// <summary>What can be read of the file, odd lines named; null when it is no UTF-8 text.</summary>
    public static ConfigurationText? Read(ReadOnlySpan<byte> content)
    {
        if (Decode(content) is not { } text)
            return null;
        var read = new ConfigurationText();
        var number = 0;
        foreach (var range in text.AsSpan().Split('\n'))
            read.Line(++number, text.AsSpan(range).TrimEnd());
        return read;
    }

    /// <summary>The text without a byte order mark, or null for invalid UTF-8 and for text with a NUL.</summary>
    public static string? Decode(ReadOnlySpan<byte> content)
    {
        try
        {
            return content.Contains((byte)0) ? null : Strict.GetString(content).TrimStart('\ufeff');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private void Line(int number, ReadOnlySpan<char> line)
    {
        if (line.IsEmpty)
            open = null;
        else if (char.IsWhiteSpace(line[0]))
            Indented(number, line.TrimStart());
        else if (line[0] is '#' or ';')
            open = null;
        else if (line[0] == '[')
            Header(number, line);
        else
            Assignment(number, line);
    }

    /// <summary>Right below a value even a comment sign is a part of it: that is how oslo.config reads it.</summary>
    private void Indented(int number, ReadOnlySpan<char> line)
    {
        if (open is not null)
        {
            open[^1] = open[^1] with { Text = $"{open[^1].Text}\n{line}" };
            Understood++;
        }
        else if (line[0] is not ('#' or ';'))
        {
            // git and samba indent their options; oslo.config takes no such line.
            odd.Add(new OddLine(number, line.IndexOf('=') > 0 ? null : "an indented line with no option above it that it could belong to"));
        }
    }

    private void Header(int number, ReadOnlySpan<char> line)
    {
        open = null;
        var end = line.IndexOf(']');
        if (end != line.Length - 1 || end < 2)
        {
            odd.Add(new OddLine(number, end > 0 ? null : "a section header without its closing bracket"));
            return;
        }

        section = line[1..end].Trim().ToString();
        openings[section] = openings.GetValueOrDefault(section) + 1;
        Understood++;
    }

    private void Assignment(int number, ReadOnlySpan<char> line)
    {
        open = null;
        var equals = line.IndexOf('=');
        var key = equals < 0 ? [] : line[..equals].TrimEnd();
        if (key.IsEmpty || key.ContainsAnyExcept(KeyCharacters))
        {
            odd.Add(new OddLine(number, ProblemOf(line)));
            return;
        }

        var name = $"{section}.{key}";
        if (!options.TryGetValue(name, out open))
            options.Add(name, open = []);

        // networkd gives every [Route] a route of its own, so it matters in which of them an option is; what is above the first header belongs to the first [DEFAULT].
        open.Add(new OptionValue(section, Math.Max(openings.GetValueOrDefault(section), 1), line[(equals + 1)..].Trim().ToString()));
        Understood++;
    }

    /// <summary>What no program of this sort means to take, or null for the ways of others: <c>key: value</c>, paste's <c>set key = value</c>. Never a part of the line: it may be a secret.</summary>
    private static string? ProblemOf(ReadOnlySpan<char> line)
    {
        var end = line.IndexOfAny('=', ':');
        if (end < 0)
            return "a line that is no section, option or comment";
        if (end == 0)
            return "a value without the name of its option";
        return line[..end].TrimEnd().ContainsAny(' ', '\t') && !line.StartsWith("set ", StringComparison.Ordinal)
            ? "an option whose name has spaces in it; is an '=' missing?"
            : null;
    }
}

/// <summary>One value of an option.</summary>
/// <param name="Section">Section that it stands in.</param>
/// <param name="Opening">Which of the headers of that name it stands below, from 1.</param>
/// <param name="Text">The value, lines that go on with it behind line breaks.</param>
internal readonly record struct OptionValue(string Section, int Opening, string Text);

/// <summary>A line that is no section, option or comment.</summary>
/// <param name="Number">Line, from 1.</param>
/// <param name="Problem">What is wrong with it, or null where it is only the way of another format.</param>
internal sealed record OddLine(int Number, string? Problem);
