using System.Buffers;

namespace Cloudlet.DesiredState.Oslo;

/// <summary>
/// Names of sections and options, and multi-line values, that oslo.config can read back. It silently accepts much more, and reads it as
/// something else.
/// </summary>
internal static class OsloNames
{
    /// <summary>ECMA-262 regular expression of namespaces.</summary>
    public const string NamespacePattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]*$";

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
    );

    /// <summary>The problem with the name of a section, or null.</summary>
    public static string? SectionError(string name)
    {
        if (name.Length == 0 || name.Trim() != name)
            return $"\"{name}\" is not a valid section name: it is empty, or has white space at its ends";
        foreach (var c in name)
        {
            if (c is '[' or ']' || char.IsControl(c))
                return $"\"{name}\" is not a valid section name: it contains a bracket or a line break";
        }

        return null;
    }

    /// <summary>The problem with the name of an option, or null.</summary>
    public static string? OptionError(string name) =>
        name.Length > 0 && name[0] is not ('-' or '.') && !name.AsSpan().ContainsAnyExcept(NameCharacters)
            ? null
            : $"\"{name}\" is not a valid option name: letters, digits, '_', '-' and '.'; a line with anything else before its "
                + "'=' is silently read as another option";

    /// <summary>The problem with a value, or null.</summary>
    public static string? ValueError(string value)
    {
        foreach (var c in value)
        {
            if (char.IsControl(c) && c is not ('\n' or '\t'))
                return "a value cannot contain control characters";
        }

        var further = value.Split('\n')[1..];
        foreach (var line in further)
        {
            if (string.IsNullOrWhiteSpace(line))
                return "a blank line ends a multi-line value, and the rest would be lost; remove the blank line (in YAML: |-)";
            if (line.Trim() != line)
                return "white space at the ends of a continuation line is lost; remove it";
        }

        return null;
    }

    /// <summary>True for a namespace.</summary>
    public static bool IsNamespace(string name) => OptionError(name) is null;
}
