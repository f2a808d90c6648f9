using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd.Heal;

/// <summary>
/// Begins and ends holds, and releases deferred restarts. These are files that the daemon watches, so that it works even while the daemon
/// does not run.
/// </summary>
public static class Holds
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Begins a hold, or extends one's own.</summary>
    /// <exception cref="CloudletException">Busy: another owner holds the host; the message names it.</exception>
    public static Hold Begin(IHostFiles files, HealthPaths paths, Hold wanted)
    {
        if (Read(files, paths, wanted.Since) is { } other && other.Owner != wanted.Owner)
            throw new CloudletException(
                ErrorKind.Busy,
                $"{other.Owner} holds this host until {other.Expires:u} ({other.Reason}); ask them, or end it with `cloudlet release "
                    + "--force`"
            );
        files.CreateDirectory(paths.Folder, OwnerOnly | UnixFileMode.UserExecute);
        files.Write(paths.Hold, JsonSerializer.SerializeToUtf8Bytes(wanted, ReportJson.Default.Hold), OwnerOnly);
        return wanted;
    }

    /// <summary>Ends a hold.</summary>
    /// <param name="files">The host's files.</param>
    /// <param name="paths">Where the hold is.</param>
    /// <param name="owner">End only this owner's hold; null: any hold.</param>
    /// <param name="now">The time, UTC.</param>
    /// <returns>False when there was none.</returns>
    /// <exception cref="CloudletException">Busy: the hold has another owner.</exception>
    public static bool End(IHostFiles files, HealthPaths paths, string? owner, DateTimeOffset now)
    {
        var hold = Read(files, paths, now);
        if (hold is not null && owner is not null && hold.Owner != owner)
            throw new CloudletException(
                ErrorKind.Busy,
                $"this is the hold of {hold.Owner} ({hold.Reason}, until {hold.Expires:u}); ask them, or end it with `cloudlet "
                    + "release --force`"
            );
        files.Delete(paths.Hold);
        return hold is not null;
    }

    /// <summary>Lets the daemon perform the deferred restarts, once.</summary>
    public static void ReleaseRestarts(IHostFiles files, HealthPaths paths) => files.Write(paths.Release, [], OwnerOnly);

    /// <summary>The active hold, or null. An expired or unreadable hold counts as none.</summary>
    public static Hold? Read(IHostFiles files, HealthPaths paths, DateTimeOffset now) =>
        SmallRecord.Read(files, paths.Hold, ReportJson.Default.Hold) is { } hold && hold.Expires > now ? hold : null;
}
