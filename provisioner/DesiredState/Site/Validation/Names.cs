using System.Text;

namespace Cloudlet.DesiredState.Site.Validation;

/// <summary>Which names and paths the host's programs take.</summary>
internal static class Names
{
    /// <summary>Longest name of a link in bytes (IFNAMSIZ less the closing zero).</summary>
    public const int MaxLinkBytes = 15;

    private const string HostPattern = "1-63 letters, digits and '-', neither first nor last a '-' (RFC 1123)";

    /// <summary>What is wrong with the name of a host, or null.</summary>
    public static string? HostError(string name) =>
        name.Length is > 0 and <= 63 && name[0] != '-' && name[^1] != '-' && HasOnly(name, "-") ? null : $"\"{name}\" is no host name: {HostPattern}";

    /// <summary>What is wrong with the name of a link, or null.</summary>
    public static string? LinkError(string name)
    {
        var bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes is 0 or > MaxLinkBytes)
            return $"a link name has 1-{MaxLinkBytes} bytes, \"{name}\" has {bytes}";
        if (name is "." or ".." or "lo" or "all" or "default")
            return $"the kernel keeps the name \"{name}\" for itself";
        foreach (var c in name)
        {
            // The kernel refuses '/', ':' and white space; '%' would make it number the link, the others break the files that name links.
            if (c is '/' or ':' or '%' or '"' or '\'' or '\\' or '*' or '?' or '[' or ']' || char.IsWhiteSpace(c) || char.IsControl(c))
                return $"a link name has no {(char.IsWhiteSpace(c) || char.IsControl(c) ? "white space or control characters" : $"'{c}'")}";
        }

        return name[0] == '-' ? "a link name does not start with '-'" : null;
    }

    /// <summary>What is wrong with an absolute path on the host, or null.</summary>
    public static string? PathError(string path)
    {
        if (!path.StartsWith('/'))
            return $"\"{path}\" is not absolute; a path on the host starts with '/'";
        foreach (var c in path)
        {
            if (char.IsControl(c))
                return "a path has no control characters";
        }

        // Path.GetFullPath takes out "//", "." and ".." without looking at the disk.
        var normal = Path.GetFullPath(path).TrimEnd('/');
        return normal == path || path == "/" ? null : $"\"{path}\" is not normalized; write {(normal.Length == 0 ? "/" : normal)}";
    }

    /// <summary>Package names as Debian Policy 5.6.1 has them.</summary>
    public static bool IsPackage(string name) => name.Length >= 2 && IsLowerOrDigit(name[0]) && HasOnlyLower(name, "+-.");

    /// <summary>Package versions as Debian Policy 5.6.12 has them.</summary>
    public static bool IsPackageVersion(string version) => version.Length > 0 && char.IsAsciiDigit(version[0]) && HasOnly(version, ".+-~:");

    /// <summary>Names of kernel modules; <c>-</c> and <c>_</c> are the same to modprobe.</summary>
    public static bool IsModule(string name) => name.Length > 0 && name[0] != '-' && HasOnly(name, "_-");

    /// <summary>Names that templates can say: a letter or '_', then letters, digits and '_'.</summary>
    public static bool IsIdentifier(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && HasOnly(name, "_");

    /// <summary>Names of users and groups as useradd takes them, or numbers.</summary>
    public static bool IsAccount(string name) =>
        name.Length is > 0 and <= 32 && name[0] != '-' && HasOnly(name.EndsWith('$') ? name[..^1] : name, "_-.");

    /// <summary>True when a text has nothing but ASCII letters, digits and <paramref name="others"/>.</summary>
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
