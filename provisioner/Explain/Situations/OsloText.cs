using System.Text;

namespace Cloudlet.Explain.Situations;

/// <summary>One option of a configuration file.</summary>
/// <param name="Name">SECTION.NAME.</param>
/// <param name="Value">Value; the last one when the option occurs several times.</param>
/// <param name="Exhibit">Exhibit of the file.</param>
/// <param name="Line">The line, as it is quoted.</param>
internal sealed record OsloOption(string Name, string Value, string Exhibit, string Line);

/// <summary>A line that oslo.config refuses, or reads as something else than was meant.</summary>
/// <param name="Exhibit">Exhibit of the file.</param>
/// <param name="Number">Line, from 1.</param>
/// <param name="Line">The line.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="IsRefused">True when the program does not start with it; false when it is silently read as an option with a strange
/// name.</param>
internal sealed record OddLine(string Exhibit, int Number, string Line, string Problem, bool IsRefused);

/// <summary>A configuration file as oslo.config reads it.</summary>
internal sealed class OsloText
{
    private readonly string _exhibit;
    private readonly List<OsloOption> _options = [];
    private readonly List<OddLine> _odd = [];
    private string _section = "DEFAULT";
    private StringBuilder? _open;
    private bool _isOpen;

    private OsloText(string exhibit, string text)
    {
        _exhibit = exhibit;
        var lines = text.TrimStart('\ufeff').Split('\n');
        for (var i = 0; i < lines.Length; i++)
            Line(i + 1, lines[i].TrimEnd());
        Close();
    }

    public IReadOnlyList<OsloOption> Options => _options;

    public IReadOnlyList<OddLine> Odd => _odd;

    public static OsloText Read(string exhibit, string text) => new(exhibit, text);

    private void Line(int number, string line)
    {
        if (line.Length > 0 && char.IsWhiteSpace(line[0]))
        {
            Indented(number, line);
            return;
        }

        Close();
        if (line.Length == 0 || line[0] is '#' or ';')
            return;
        if (line[0] == '[')
            Header(number, line);
        else
            Assignment(number, line);
    }

    /// <summary>Continues the value above, a comment sign included.</summary>
    private void Indented(int number, string line)
    {
        if (_options.Count > 0 && _isOpen)
            (_open ??= new StringBuilder(_options[^1].Value)).Append('\n').Append(line.AsSpan().Trim());
        else if (line.AsSpan().TrimStart()[0] is not ('#' or ';'))
            _odd.Add(new OddLine(_exhibit, number, line, "an indented line with no option above it", IsRefused: true));
    }

    private void Close()
    {
        if (_open is not null)
            _options[^1] = _options[^1] with { Value = _open.ToString() };
        (_open, _isOpen) = (null, false);
    }

    private void Header(int number, string line)
    {
        var end = line.IndexOf(']');
        if (end < 2)
            _odd.Add(
                new OddLine(_exhibit, number, line, "a section header without a name or without its closing bracket", IsRefused: true)
            );
        else
            _section = line[1..end];
    }

    /// <summary>oslo.config splits at <c>=</c> or <c>:</c>, whichever comes first.</summary>
    private void Assignment(int number, string line)
    {
        var sign = line.AsSpan().IndexOfAny('=', ':');
        if (sign <= 0)
        {
            _odd.Add(
                new OddLine(
                    _exhibit,
                    number,
                    line,
                    sign == 0 ? "a value without the name of its option" : "a line that is not a section, option or comment",
                    IsRefused: true
                )
            );
            return;
        }

        var name = line[..sign].TrimEnd();
        if (name.AsSpan().ContainsAny(' ', '\t'))
            _odd.Add(new OddLine(_exhibit, number, line, "an option whose name has spaces in it; a '=' is missing", IsRefused: false));
        _options.Add(new OsloOption($"{_section}.{name}", Unquoted(line[(sign + 1)..].Trim()), _exhibit, line));
        _isOpen = true;
    }

    private static string Unquoted(string value) => value is ['"' or '\'', _, ..] && value[^1] == value[0] ? value[1..^1] : value;
}
