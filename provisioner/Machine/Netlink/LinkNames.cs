using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Netlink;

/// <summary>Checks interface names by the kernel's rules before they are sent.</summary>
internal static class LinkNames
{
    private const int MaxBytes = NetlinkConstants.IFNAMSIZ - 1;

    /// <summary>True for a valid link name: 1–15 bytes, no slash, colon or white space, not <c>.</c> or <c>..</c>.</summary>
    internal static bool IsPossible(string name)
    {
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > MaxBytes || name is "." or "..")
            return false;
        foreach (var c in name)
            if (c is '/' or ':' or '\0' || char.IsWhiteSpace(c))
                return false;
        return true;
    }

    /// <summary>
    /// Returns the name, or throws InvalidInput. A percent sign is refused, too: the kernel would take it for a pattern (<c>eth%d</c>) and
    /// choose another name.
    /// </summary>
    internal static string Checked(string name) =>
        IsPossible(name) && !name.Contains('%')
            ? name
            : throw new CloudletException(
                ErrorKind.InvalidInput,
                $"link name \"{name}\": {Encoding.UTF8.GetByteCount(name)} bytes; a name has 1–{MaxBytes} bytes "
                    + "without '/', ':', '%' or white space, and is not '.' or '..'"
            );
}
