using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Resources.State;

/// <summary>
/// Binds the records of a host to that machine. A copied disk has the records of another machine: its owner, its earlier state, its
/// secrets. They are set aside, and the copy counts as new.
/// </summary>
public static class HostRecords
{
    private const string HealthFolder = "health";

    /// <summary>Records about the machine; programs, bases and virtual machines remain valid on a copy.</summary>
    private static readonly string[] Records = ["applied.json", "journal.json", "origin.json", "owner.json", "vault", "key"];

    /// <summary>Sets records of another machine aside.</summary>
    /// <param name="paths">Paths of the records.</param>
    /// <param name="identity">Identifies the machine, across reboots; null: unknown, and the records are used.</param>
    /// <param name="clock">Tells the local time in messages.</param>
    /// <returns>A message about what was done; null: the records are of this machine.</returns>
    /// <exception cref="CloudletException">Busy: another run has the lock.</exception>
    public static string? Bind(StatePaths paths, string? identity, TimeProvider clock)
    {
        if (identity is null || ReadIdentity(paths) is not { } before || before == identity)
            return null;
        using var hostLock = HostLock.Take(paths.Lock, clock);
        if (ReadIdentity(paths) is not { } still || still == identity)
            return null;
        var aside = $"{paths.Folder}/set-aside/{still.Replace(':', '-').Replace('/', '-')}";
        SetAside(paths.Folder, Records.SelectMany(name => Entries(paths.Folder, $"{name}*")), aside);
        SetAside($"{paths.Folder}/{HealthFolder}", Entries($"{paths.Folder}/{HealthFolder}", "*"), $"{aside}/{HealthFolder}");

        // Written last, so that a run that is killed half-way is repeated.
        File.WriteAllText(paths.Identity, identity, Encoding.UTF8);
        return $"the records in {paths.Folder} are of another machine (with another /etc/machine-id), from which this disk was "
            + $"copied: they are set aside in {aside} and not used, and this host counts "
            + "as new. "
            + $"If this is that machine with a new machine-id, move the files back and delete {paths.Identity}";
    }

    private static string? ReadIdentity(StatePaths paths)
    {
        try
        {
            return File.ReadAllText(paths.Identity).Trim() is { Length: > 0 } identity ? identity : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Records without an identity were written by an older version and stay valid.
            return null;
        }
    }

    private static FileSystemInfo[] Entries(string folder, string pattern) =>
        Directory.Exists(folder) ? new DirectoryInfo(folder).GetFileSystemInfos(pattern) : [];

    private static void SetAside(string folder, IEnumerable<FileSystemInfo> entries, string aside)
    {
        foreach (var entry in entries)
        {
            Directory.CreateDirectory(aside, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var place = $"{aside}/{entry.Name}";
            for (var more = 2; Path.Exists(place); more++)
                place = $"{aside}/{entry.Name}.{more}";
            Directory.Move($"{folder}/{entry.Name}", place);
        }
    }
}
