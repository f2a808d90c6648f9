using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Files;

/// <summary>
/// The mounts of this process's namespace. The table is read again only after the kernel has reported a change: to print it takes the
/// kernel longer than to replace a small file.
/// </summary>
internal static class KnownMounts
{
    private const string MountsFile = "/proc/self/mountinfo";

    private static readonly Lock Turn = new();
    private static SafeFileHandle? s_changes;
    private static List<Mount> s_mounts = [];

    /// <summary>The present mounts, in the order of the table.</summary>
    public static IReadOnlyList<Mount> Read()
    {
        lock (Turn)
        {
            var isFirst = s_changes is null;
            s_changes ??= File.OpenHandle(MountsFile);

            // Asked before the table is read: a change after that is reported the next time.
            if (HasChanged(s_changes) || isFirst)
                s_mounts = [.. FileObstacles.Mounts(File.ReadLines(MountsFile))];
            return s_mounts;
        }
    }

    /// <summary>proc(5): the file signals POLLPRI once after each change of the table.</summary>
    private static unsafe bool HasChanged(SafeFileHandle mounts)
    {
        var entry = new PollEntry((int)mounts.DangerousGetHandle(), WatchCalls.POLLPRI);
        return WatchCalls.Poll(&entry, 1, 0) != 0;
    }
}
