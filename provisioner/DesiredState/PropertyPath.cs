using System.Text;

namespace Cloudlet.DesiredState;

/// <summary>
/// Formats property paths for messages: <c>hosts.edge-1.files["/etc/motd"].mode</c>, <c>links.cloudlet0.addresses[1]</c>.
/// </summary>
internal static class PropertyPath
{
    /// <summary>Appends one key; a key with other characters than letters, digits, <c>_</c> and <c>-</c> is quoted in brackets.</summary>
    public static StringBuilder AppendKey(this StringBuilder path, string key)
    {
        if (!IsPlain(key))
            return path.Append("[\"").Append(key.ReplaceLineEndings("\\n")).Append("\"]");
        if (path.Length > 0)
            path.Append('.');
        return path.Append(key);
    }

    /// <summary>Appends the position in a list, from 0.</summary>
    public static StringBuilder AppendIndex(this StringBuilder path, int index) => path.Append('[').Append(index).Append(']');

    private static bool IsPlain(string key)
    {
        foreach (var c in key)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))
                return false;
        }

        return key.Length > 0;
    }
}
