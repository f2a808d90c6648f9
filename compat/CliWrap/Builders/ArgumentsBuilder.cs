using System.Globalization;
using System.Text;

namespace CliWrap.Builders;

/// <summary>
/// Builds an argument line that <see cref="System.Diagnostics.Process"/> splits back into exactly the added values: an empty value
/// or one with white space or a quote is put in quotes; within them a quote, and every backslash in front of a quote, is escaped by
/// a backslash.
/// </summary>
public class ArgumentsBuilder
{
    private readonly StringBuilder _line = new();

    /// <summary>Adds a value, as it is if <paramref name="escape"/> is false.</summary>
    public ArgumentsBuilder Add(string value, bool escape)
    {
        if (_line.Length > 0)
            _line.Append(' ');
        if (escape)
            AppendEscaped(value);
        else
            _line.Append(value);
        return this;
    }

    /// <summary>Adds a value that arrives unchanged.</summary>
    public ArgumentsBuilder Add(string value) => Add(value, escape: true);

    /// <summary>Adds several values, as they are if <paramref name="escape"/> is false.</summary>
    public ArgumentsBuilder Add(IEnumerable<string> values, bool escape)
    {
        foreach (var value in values)
            Add(value, escape);
        return this;
    }

    /// <summary>Adds several values that arrive unchanged.</summary>
    public ArgumentsBuilder Add(IEnumerable<string> values) => Add(values, escape: true);

    /// <summary>Adds a value, formatted by the given provider.</summary>
    public ArgumentsBuilder Add(IFormattable value, IFormatProvider formatProvider, bool escape = true) =>
        Add(value.ToString(null, formatProvider), escape);

    /// <summary>Adds a value, formatted by the invariant culture.</summary>
    public ArgumentsBuilder Add(IFormattable value, bool escape) => Add(value, CultureInfo.InvariantCulture, escape);

    /// <summary>Adds a value, formatted by the invariant culture.</summary>
    public ArgumentsBuilder Add(IFormattable value) => Add(value, escape: true);

    /// <summary>The argument line.</summary>
    public string Build() => _line.ToString();

    private void AppendEscaped(string value)
    {
        if (value.Length > 0 && !value.Any(c => char.IsWhiteSpace(c) || c == '"'))
        {
            _line.Append(value);
            return;
        }

        _line.Append('"');
        var backslashes = 0;
        foreach (var c in value)
        {
            if (c == '"')
                _line.Append('\\', backslashes + 1);
            backslashes = c == '\\' ? backslashes + 1 : 0;
            _line.Append(c);
        }
        _line.Append('\\', backslashes).Append('"');
    }
}
