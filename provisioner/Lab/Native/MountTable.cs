using System.Globalization;
using Cloudlet.Linux;

namespace Cloudlet.Lab.Native;

/// <summary>The fields of a line of /proc/self/mountinfo (proc(5)) that the lab needs.</summary>
/// <param name="Device">Device number as the kernel's inode locks print it.</param>
/// <param name="Root">The mounted folder of the file system; <c>net:[4026532…]</c> for a namespace file.</param>
/// <param name="Point">Mount point.</param>
/// <param name="Type">File system type.</param>
/// <param name="SuperOptions">Options of the file system.</param>
internal sealed record MountEntry(ulong Device, string Root, string Point, string Type, string SuperOptions);

/// <summary>The mounts of our mount namespace.</summary>
internal static class MountTable
{
    /// <summary>Reads the table.</summary>
    public static IReadOnlyList<MountEntry> Read() => Parse(File.ReadLines("/proc/self/mountinfo"));

    /// <summary>The topmost mount at <paramref name="point"/>, or null.</summary>
    public static MountEntry? At(string point) => Read().LastOrDefault(m => m.Point == point);

    /// <summary>
    /// Deletes a folder that may not exist. What is mounted in it is unmounted first, because a mount may show files of the machine.
    /// </summary>
    public static void DeleteFolder(string folder)
    {
        foreach (var mount in Read().Where(m => m.Point.StartsWith(folder + '/', StringComparison.Ordinal)).Reverse())
            LabCalls.Unmount(mount.Point, NamespaceCalls.MNT_DETACH);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Parses lines of mountinfo; lines that can't be parsed are skipped.</summary>
    internal static IReadOnlyList<MountEntry> Parse(IEnumerable<string> lines)
    {
        var mounts = new List<MountEntry>();
        foreach (var line in lines)
        {
            var fields = line.Split(' ');
            var separator = Array.IndexOf(fields, "-");
            if (separator < 6 || fields.Length < separator + 4)
                continue;
            mounts.Add(
                new MountEntry(
                    DeviceNumber(fields[2]),
                    Unescape(fields[3]),
                    Unescape(fields[4]),
                    fields[separator + 1],
                    fields[separator + 3]
                )
            );
        }

        return mounts;
    }

    // makedev(3): twelve bits of the major number are between the low eight and the high bits of the minor one.
    private static ulong DeviceNumber(string majorMinor)
    {
        var colon = majorMinor.IndexOf(':', StringComparison.Ordinal);
        var major = ulong.Parse(majorMinor.AsSpan(0, colon), CultureInfo.InvariantCulture);
        var minor = ulong.Parse(majorMinor.AsSpan(colon + 1), CultureInfo.InvariantCulture);
        return ((major & 0xFFF) << 8) | (minor & 0xFF) | ((minor & ~0xFFUL) << 12) | ((major & ~0xFFFUL) << 32);
    }

    private static string Unescape(string field) =>
        field
            .Replace("\\040", " ", StringComparison.Ordinal)
            .Replace("\\011", "\t", StringComparison.Ordinal)
            .Replace("\\134", "\\", StringComparison.Ordinal);
}
