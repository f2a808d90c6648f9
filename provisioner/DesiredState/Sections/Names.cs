using System.Text;

namespace Cloudlet.DesiredState.Sections;

/// <summary>The names and paths that the host's programs accept.</summary>
internal static class Names
{
    /// <summary>Longest name of a link in bytes (IFNAMSIZ less the closing zero).</summary>
    public const int MaxLinkBytes = 15;

    private const string HostPattern = "1-63 letters, digits and '-', neither first nor last a '-' (RFC 1123)";

    /// <summary>True for a name that DNS allows: labels with dots between them, 253 characters at most.</summary>
    public static bool IsHostName(string name) =>
        name.Length <= 253 && Array.TrueForAll(name.Split('.'), static label => HostError(label) is null);

    /// <summary>The problem with the name of a host, or null.</summary>
    public static string? HostError(string name) =>
        name.Length is > 0 and <= 63 && name[0] != '-' && name[^1] != '-' && HasOnly(name, "-")
            ? null
            : $"\"{name}\" is not a valid host name: {HostPattern}";

    /// <summary>The problem with the name of a link, or null.</summary>
    public static string? LinkError(string name)
    {
        var bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes is 0 or > MaxLinkBytes)
            return $"a link name has 1-{MaxLinkBytes} bytes, \"{name}\" has {bytes}";
        if (name is "." or ".." or "lo" or "all" or "default")
            return $"the name \"{name}\" is reserved by the kernel";
        foreach (var c in name)
        {
            // The kernel accepts more. But the name is also used in unit files, in networkd's and ifupdown's files and in shell commands,
            // which all have special characters.
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return $"a link name can contain only ASCII letters, digits, '.', '_' and '-'; \"{name}\" contains {Described(c)}";
        }

        if (name.All(char.IsAsciiDigit))
            return $"\"{name}\" has only digits, so programs would read it as the index of a link; add a letter";
        return name[0] == '-' ? "a link name cannot start with '-'" : null;

        static string Described(char c) =>
            char.IsWhiteSpace(c) || char.IsControl(c) ? "white space or a control character"
            : char.IsAscii(c) ? $"'{c}'"
            : "another character";
    }

    /// <summary>The problem with an absolute path on the host, or null.</summary>
    public static string? PathError(string path)
    {
        if (!path.StartsWith('/'))
            return $"\"{path}\" is not absolute; a path on the host starts with '/'";
        foreach (var c in path)
        {
            if (char.IsControl(c))
                return "a path cannot contain control characters";
        }

        // Path.GetFullPath removes "//", "." and ".." without accessing the disk.
        var normal = Path.GetFullPath(path).TrimEnd('/');
        return normal == path || path == "/" ? null : $"\"{path}\" is not normalized; write {(normal.Length == 0 ? "/" : normal)}";
    }

    /// <summary>Package names of Debian Policy 5.6.1, except those that end with '-', which tells apt to remove the package.</summary>
    public static bool IsPackage(string name) =>
        name.Length >= 2 && IsLowerOrDigit(name[0]) && name[^1] != '-' && HasOnlyLower(name, "+-.");

    /// <summary>Package versions of Debian Policy 5.6.12.</summary>
    public static bool IsPackageVersion(string version) => version.Length > 0 && char.IsAsciiDigit(version[0]) && HasOnly(version, ".+-~:");

    /// <summary>Names of kernel modules; <c>-</c> and <c>_</c> are the same to modprobe.</summary>
    public static bool IsModule(string name) => name.Length > 0 && name[0] != '-' && HasOnly(name, "_-");

    /// <summary>Names that templates can use: a letter or '_', then letters, digits and '_'.</summary>
    public static bool IsIdentifier(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && HasOnly(name, "_");

    /// <summary>Names of users and groups that useradd accepts, or numbers.</summary>
    public static bool IsAccount(string name) =>
        name.Length is > 0 and <= 32 && name[0] != '-' && HasOnly(name.EndsWith('$') ? name[..^1] : name, "_-.");

    /// <summary>True when a text has only ASCII letters, digits and <paramref name="others"/>.</summary>
    public static bool HasOnly(string text, string others)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !others.Contains(c))
                return false;
        }

        return true;
    }

    private static bool HasOnlyLower(string text, string others)
    {
        foreach (var c in text)
        {
            if (!IsLowerOrDigit(c) && !others.Contains(c))
                return false;
        }

        return true;
    }

    private static bool IsLowerOrDigit(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
