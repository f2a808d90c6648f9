using System.Text;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Files;

/// <summary>Extended attributes of open files and folders (xattr(7)); POSIX ACLs and file capabilities are among them.</summary>
internal static class ExtendedAttributes
{
    private const string AccessControl = "system.posix_acl_access";
    private const string DefaultControl = "system.posix_acl_default";
    private const int LongestList = 1 << 16;
    private const int LongestValue = 1 << 16;

    private static readonly IReadOnlyDictionary<string, byte[]> None = new Dictionary<string, byte[]>();

    /// <summary>
    /// True for an attribute that is part of a file's state: all except those that the kernel computes (EVM), those of a mount (overlayfs),
    /// and labels of security modules, which the host's policy assigns.
    /// </summary>
    public static bool IsState(string name) =>
        name != "security.evm"
        && !IsLabel(name)
        && !name.StartsWith("trusted.overlay.", StringComparison.Ordinal)
        && !name.StartsWith("user.overlay.", StringComparison.Ordinal);

    /// <summary>Attributes of an open file; none on a file system without them.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isMeant">Selects attributes by name.</param>
    /// <param name="path">Its path, for messages.</param>
    public static IReadOnlyDictionary<string, byte[]> Read(SafeFileHandle file, Func<string, bool> isMeant, string path)
    {
        var names = Names(file, path);
        if (names.Count == 0)
            return None;
        var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in names.Where(isMeant))
            if (Value(file, name, path) is { } value)
                found[name] = value;
        return found;
    }

    /// <summary>
    /// Makes the selected attributes of an open file exactly these. A security module or file system may refuse its own ones.
    /// </summary>
    public static void Set(SafeFileHandle file, IReadOnlyDictionary<string, byte[]> wanted, Func<string, bool> isMeant, string path)
    {
        var actual = Read(file, isMeant, path);
        foreach (var name in actual.Keys.Where(name => !wanted.ContainsKey(name) && !IsLabel(name)))
            if (AttributeCalls.RemoveAttribute(file, name) < 0 && Errno.Last != Errno.ENODATA && IsOurs(name))
                throw FileErrors.Last($"remove the attribute {name} of", path);
        foreach (var (name, value) in wanted)
        {
            if (actual.TryGetValue(name, out var there) && there.AsSpan().SequenceEqual(value))
                continue;
            if (AttributeCalls.SetAttribute(file, name, value, value.Length, 0) < 0 && IsOurs(name))
                throw FileErrors.Last($"set the attribute {name} of", path);
        }
    }

    /// <summary>
    /// True for an attribute that stays when the content is replaced: all except those about the content. The kernel drops file
    /// capabilities on a write, too, and a signature (IMA) would not match any more.
    /// </summary>
    public static bool IsKept(string name) => (IsState(name) && !IsOfContent(name)) || IsLabel(name);

    private static bool IsOfContent(string name) => name is "security.capability" or "security.ima";

    /// <summary>
    /// True when a failure to set the attribute fails the write; others belong to a security module or a file system, which may refuse
    /// them.
    /// </summary>
    private static bool IsOurs(string name) =>
        name is AccessControl or DefaultControl or "security.capability"
        || name.StartsWith("user.", StringComparison.Ordinal)
        || name.StartsWith("trusted.", StringComparison.Ordinal);

    private static bool IsLabel(string name) => name is "security.selinux" or "security.SMACK64" or "security.apparmor";

    private static List<string> Names(SafeFileHandle file, string path)
    {
        var list = new byte[1024];
        while (true)
        {
            var length = AttributeCalls.ListAttributes(file, list, list.Length);
            if (length >= 0)
                return [.. Encoding.UTF8.GetString(list, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries)];
            var errno = Errno.Last;
            if (errno is Errno.EOPNOTSUPP or Errno.ENOSYS)
                return [];
            if (errno != Errno.ERANGE || list.Length >= LongestList)
                throw FileErrors.Create(errno, "list the attributes of", path);
            list = new byte[LongestList];
        }
    }

    /// <summary>Null: it was removed in the meantime, or we may not read it.</summary>
    private static byte[]? Value(SafeFileHandle file, string name, string path)
    {
        var value = new byte[LongestValue];
        var length = AttributeCalls.GetAttribute(file, name, value, value.Length);
        if (length >= 0)
            return value[..(int)length];
        return Errno.Last is Errno.ENODATA or Errno.EOPNOTSUPP or Errno.EPERM or Errno.EACCES
            ? null
            : throw FileErrors.Last($"read the attribute {name} of", path);
    }
}
