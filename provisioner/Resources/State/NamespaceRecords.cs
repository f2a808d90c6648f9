using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Resources.State;

/// <summary>
/// Binds the records of a network namespace to that namespace. The folder has only its name, and names are used again: records of an
/// earlier namespace do not apply to the next one, and are deleted.
/// </summary>
public static class NamespaceRecords
{
    /// <summary>Deletes records of another namespace.</summary>
    /// <param name="paths">Paths of the records.</param>
    /// <param name="identity">Distinguishes the namespace from earlier ones with the same name.</param>
    /// <param name="clock">Tells the local time in messages.</param>
    /// <exception cref="CloudletException">Busy: a run in the earlier namespace still has the lock.</exception>
    public static void Bind(StatePaths paths, string identity, TimeProvider clock)
    {
        if (ReadIdentity(paths) == identity)
            return;
        using var hostLock = HostLock.Take(paths.Lock, clock);
        var before = ReadIdentity(paths);
        if (before == identity)
            return;

        // Records without an identity were written by an older version and stay valid.
        if (before is not null)
            Empty(paths);
        File.WriteAllText(paths.Identity, identity, Encoding.UTF8);
    }

    private static string? ReadIdentity(StatePaths paths)
    {
        try
        {
            return File.ReadAllText(paths.Identity).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Deletes everything except the held lock; the identity goes last, so that a killed attempt is repeated.</summary>
    private static void Empty(StatePaths paths)
    {
        foreach (var entry in new DirectoryInfo(paths.Folder).EnumerateFileSystemInfos())
        {
            if (entry.FullName == paths.Lock || entry.FullName == paths.Identity)
                continue;
            if (entry is DirectoryInfo { LinkTarget: null } folder)
                folder.Delete(recursive: true);
            else
                entry.Delete();
        }
    }
}
