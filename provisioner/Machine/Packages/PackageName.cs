using Cloudlet.Errors;

namespace Cloudlet.Machine.Packages;

/// <summary>A package as a user writes it: <c>name</c>, <c>name:architecture</c>, <c>name=version</c>.</summary>
/// <param name="Name">Package name, Debian policy 5.6.7.</param>
/// <param name="Architecture">Debian architecture, or null for any.</param>
/// <param name="Version">Pinned version, or null.</param>
internal sealed record PackageName(string Name, string? Architecture, string? Version)
{
    /// <summary>The name with its architecture, without the version.</summary>
    public string Qualified => Architecture is null ? Name : $"{Name}:{Architecture}";

    /// <summary>
    /// Parses a name. It is strict, because apt-get interprets more than names: a leading dash is an option, a trailing one turns an
    /// installation into a removal, and a slash selects a release.
    /// </summary>
    public static PackageName Parse(string text)
    {
        var (qualified, version) = Cut(text, '=');
        var (name, architecture) = Cut(qualified, ':');
        var valid =
            name.Length >= 2
            && char.IsAsciiLetterOrDigit(name[0])
            && !name.EndsWith('-')
            && IsMadeOf(name, "+-.", upper: false)
            && (architecture is null || (architecture.Length > 0 && IsMadeOf(architecture, "-", upper: false)))
            && (version is null || (version.Length > 0 && IsMadeOf(version, "+-.~:", upper: true)));
        return valid
            ? new PackageName(name, architecture, version)
            : throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{text}' is not a valid package name. Write name, name:architecture or name=version; names have lower-case "
                    + "letters, digits, '+', '-' and '.'."
            );
    }

    private static (string Before, string? After) Cut(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }

    private static bool IsMadeOf(string text, string others, bool upper)
    {
        foreach (var c in text)
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && !(upper && char.IsAsciiLetterUpper(c)) && !others.Contains(c))
                return false;
        return true;
    }
}
