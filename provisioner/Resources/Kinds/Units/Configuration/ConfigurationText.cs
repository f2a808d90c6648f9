using System.Buffers;
using System.Text;

namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>
/// A configuration file as options: <c>[section]</c>, <c>key = value</c>, comments, and white space as oslo.config treats it: an indented
/// line continues the value above it, a blank line ends the value. Keys above the first section belong to DEFAULT. Two texts with the same
/// options are equivalent to a program, whatever their comments, blank lines and order.
/// </summary>
internal sealed class ConfigurationText
{
    private const string DefaultSection = "DEFAULT";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
    );

    private readonly SortedDictionary<string, List<OptionValue>> _options = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _openings = new(StringComparer.Ordinal);
    private readonly List<OddLine> _odd = [];
    private string _section = DefaultSection;
    private List<OptionValue>? _open;

    private ConfigurationText() { }

    /// <summary>SECTION.KEY → its values in file order.</summary>
    public IReadOnlyDictionary<string, List<OptionValue>> Options => _options;

    /// <summary>Lines that do not match the grammar.</summary>
    public IReadOnlyList<OddLine> Odd => _odd;

    /// <summary>How many lines match the grammar, without comments and blank lines.</summary>
    public int Understood { get; private set; }

    /// <summary>True when the text has a section header.</summary>
    public bool HasSections => _openings.Count > 0;

    /// <summary>The options, or null when a line does not match the grammar: then files can be compared only byte by byte.</summary>
    public static ConfigurationText? Parse(ReadOnlySpan<byte> content) => Read(content) is { _odd.Count: 0 } text ? text : null;

    /// <summary>The readable parts of the file, and its odd lines; null when it is not UTF-8 text.</summary>
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
            _open = null;
        else if (char.IsWhiteSpace(line[0]))
            Indented(number, line.TrimStart());
        else if (line[0] is '#' or ';')
            _open = null;
        else if (line[0] == '[')
            Header(number, line);
        else
            Assignment(number, line);
    }

    /// <summary>Directly below a value, even a comment sign is a part of it: oslo.config reads it that way.</summary>
    private void Indented(int number, ReadOnlySpan<char> line)
    {
        if (_open is not null)
        {
            _open[^1] = _open[^1] with { Text = $"{_open[^1].Text}\n{line}" };
            Understood++;
        }
        else if (line[0] is not ('#' or ';'))
        {
            // git and samba indent their options; oslo.config does not accept such lines.
            _odd.Add(new OddLine(number, line.IndexOf('=') > 0 ? null : "an indented line without an option above it"));
        }
    }

    private void Header(int number, ReadOnlySpan<char> line)
    {
        _open = null;
        var end = line.IndexOf(']');
        if (end != line.Length - 1 || end < 2)
        {
            _odd.Add(new OddLine(number, end > 0 ? null : "a section header without a closing bracket"));
            return;
        }

        _section = line[1..end].Trim().ToString();
        _openings[_section] = _openings.GetValueOrDefault(_section) + 1;
        Understood++;
    }

    private void Assignment(int number, ReadOnlySpan<char> line)
    {
        _open = null;
        var equals = line.IndexOf('=');
        var key = equals < 0 ? [] : line[..equals].TrimEnd();
        if (key.IsEmpty || key.ContainsAnyExcept(KeyCharacters))
        {
            _odd.Add(new OddLine(number, ProblemOf(line)));
            return;
        }

        var name = $"{_section}.{key}";
        if (!_options.TryGetValue(name, out _open))
            _options.Add(name, _open = []);

        // networkd gives every [Route] section its own route, so the section instance of an option matters; options above the first header
        // belong to the first [DEFAULT].
        _open.Add(new OptionValue(_section, Math.Max(_openings.GetValueOrDefault(_section), 1), line[(equals + 1)..].Trim().ToString()));
        Understood++;
    }

    /// <summary>
    /// Why no such program accepts the line, or null for valid lines of other formats: <c>key: value</c>, paste's <c>set key = value</c>.
    /// Never quotes the line: it may be a secret.
    /// </summary>
    private static string? ProblemOf(ReadOnlySpan<char> line)
    {
        var end = line.IndexOfAny('=', ':');
        if (end < 0)
            return "a line that is not a section, option or comment";
        if (end == 0)
            return "a value without an option name";
        return line[..end].TrimEnd().ContainsAny(' ', '\t') && !line.StartsWith("set ", StringComparison.Ordinal)
            ? "an option name with spaces; is an '=' missing?"
            : null;
    }
}

/// <summary>One value of an option.</summary>
/// <param name="Section">The section it is in.</param>
/// <param name="Opening">Which of the headers with that name it is below, from 1.</param>
/// <param name="Text">The value; continuation lines are separated by line breaks.</param>
internal readonly record struct OptionValue(string Section, int Opening, string Text);

/// <summary>A line that is not a section header, option or comment.</summary>
/// <param name="Number">Line, from 1.</param>
/// <param name="Problem">The problem, or null when the line may be valid in another format.</param>
internal sealed record OddLine(int Number, string? Problem);
