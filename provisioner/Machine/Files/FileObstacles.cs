using System.Text;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Files;

/// <summary>
/// Finds why the kernel does not allow changes of a path, from /proc/self/mountinfo (proc(5)) and the attributes of statx(2).
/// </summary>
internal static class FileObstacles
{
    /// <summary>The obstacle, with what to do; null when none is visible.</summary>
    public static string? At(string path) =>
        OfMounts(path, KnownMounts.Read()) ?? Attribute(path) ?? (Path.GetDirectoryName(path) is { } folder ? Attribute(folder) : null);

    /// <summary>The mount that the folder of a path is on.</summary>
    public static FolderMount? MountOf(string path) =>
        Path.GetDirectoryName(path) is { } folder && Above(folder, KnownMounts.Read()) is { } mount
            ? new FolderMount(mount.Point, mount.ToString())
            : null;

    /// <summary>The obstacle that a host's mounts are to a path, or null.</summary>
    internal static string? OfMounts(string path, IEnumerable<Mount> mounts)
    {
        if (Above(path, mounts) is not { } above)
            return null;
        if (above.Point == path)
            return $"{above} is mounted over {path}, so it cannot be replaced; `umount {path}` brings back what is underneath, or "
                + "describe another path";
        return above.IsReadOnly
            ? $"{above} is mounted read-only at {above.Point}; run `mount -o remount,rw {above.Point}` or " + $"`umount {above.Point}`"
            : null;
    }

    /// <summary>The mount that a path is on; of several at one place the last, which hides the others.</summary>
    internal static Mount? Above(string path, IEnumerable<Mount> mounts)
    {
        Mount? above = null;
        foreach (var mount in mounts)
            if (IsOn(path, mount.Point) && mount.Point.Length >= (above?.Point.Length ?? 0))
                above = mount;
        return above;

        static bool IsOn(string path, string point) =>
            path == point || point == "/" || path.StartsWith(point + "/", StringComparison.Ordinal);
    }

    /// <summary>The mounts listed in mountinfo, in order; lines that can't be parsed are skipped.</summary>
    internal static IEnumerable<Mount> Mounts(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            // 36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/sda1 rw
            var words = line.Split(' ');
            var dash = Array.IndexOf(words, "-");
            if (dash >= 6 && words.Length > dash + 3)
                yield return new Mount(
                    Plain(words[4]),
                    Plain(words[3]),
                    words[dash + 1],
                    Plain(words[dash + 2]),
                    IsReadOnly(words[5]) || IsReadOnly(words[dash + 3])
                );
        }
    }

    private static bool IsReadOnly(string options) => options.Split(',').Contains("ro");

    private static string? Attribute(string path)
    {
        if (!TryStat(path, out var stat))
            return null;
        var (name, letter) =
            (stat.Attributes & Statx.Immutable) != 0 ? ("immutable", 'i')
            : (stat.Attributes & Statx.AppendOnly) != 0 ? ("append-only", 'a')
            : (null, ' ');
        return name is null ? null : $"{path} has the {name} attribute, so it cannot be changed; `chattr -{letter} {path}` removes it";
    }

    private static bool TryStat(string path, out Statx stat) => FileCalls.Stat(path, FileCalls.AT_SYMLINK_NOFOLLOW, out stat) == 0;

    /// <summary>Undoes the escapes of blanks: <c>\\040</c>.</summary>
    private static string Plain(string word)
    {
        if (!word.Contains('\\'))
            return word;
        var text = new StringBuilder();
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] == '\\' && i + 3 < word.Length && word.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                text.Append((char)Convert.ToInt32(word.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                text.Append(word[i]);
            }
        }

        return text.ToString();
    }
}

/// <summary>A mount of this host.</summary>
/// <param name="Point">Mount point.</param>
/// <param name="Root">The mounted folder of the file system: differs from <c>/</c> for a bind mount.</param>
/// <param name="Kind">Type of the file system.</param>
/// <param name="Source">The device or other source.</param>
/// <param name="IsReadOnly">True when it is mounted read-only.</param>
internal sealed record Mount(string Point, string Root, string Kind, string Source, bool IsReadOnly)
{
    /// <inheritdoc/>
    public override string ToString() => Root == "/" ? $"{Source} ({Kind})" : $"{Root} of {Source} ({Kind})";
}
