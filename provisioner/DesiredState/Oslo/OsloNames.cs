using System.Buffers;

namespace Cloudlet.DesiredState.Oslo;

/// <summary>What oslo.config can read back: names of sections and options, and values of several lines. It takes much more without a word, and makes something else of it.</summary>
internal static class OsloNames
{
    /// <summary>ECMA-262 regular expression of namespaces.</summary>
    public const string NamespacePattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]*$";

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <summary>What is wrong with the name of a section, or null.</summary>
    public static string? SectionError(string name)
    {
        if (name.Length == 0 || name.Trim() != name)
            return $"\"{name}\" is no name of a section: it is empty, or has white space at its ends";
        foreach (var c in name)
        {
            if (c is '[' or ']' || char.IsControl(c))
                return $"\"{name}\" is no name of a section: it has a bracket or a line break in it";
        }

        return null;
    }

    /// <summary>What is wrong with the name of an option, or null.</summary>
    public static string? OptionError(string name) => name.Length > 0 && name[0] is not ('-' or '.') && !name.AsSpan().ContainsAnyExcept(NameCharacters)
        ? null
        : $"\"{name}\" is no name of an option: letters, digits, '_', '-' and '.'; a line with anything else in front of its '=' is taken as another option, silently";

    /// <summary>What is wrong with a value, or null.</summary>
    public static string? ValueError(string value)
    {
        foreach (var c in value)
        {
            if (char.IsControl(c) && c is not ('\n' or '\t'))
                return "a value has no control characters";
        }

        var further = value.Split('\n')[1..];
        foreach (var line in further)
        {
            if (string.IsNullOrWhiteSpace(line))
                return "a blank line ends a value of several lines: what follows it would be lost; end the text without one (in YAML: |-)";
            if (line.Trim() != line)
                return "white space at the ends of a further line is lost; take it out";
        }

        return null;
    }

    /// <summary>True for a namespace.</summary>
    public static bool IsNamespace(string name) => OptionError(name) is null;
}
