using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd.Heal;

/// <summary>Begins and ends holds and releases deferred restarts: files that the daemon watches, so that it works whether or not the daemon runs at the moment.</summary>
public static class Holds
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Begins a hold, or prolongs one's own.</summary>
    /// <exception cref="CloudletException">Busy: somebody else holds the host; the message names them.</exception>
    public static Hold Begin(IHostFiles files, HealthPaths paths, Hold wanted)
    {
        if (Read(files, paths, wanted.Since) is { } other && other.Owner != wanted.Owner)
            throw new CloudletException(
                ErrorKind.Busy, $"{other.Owner} holds this host until {other.Expires:u} ({other.Reason}); ask them, or end it with `cloudlet release --force`");
        files.CreateDirectory(paths.Folder, OwnerOnly | UnixFileMode.UserExecute);
        files.Write(paths.Hold, JsonSerializer.SerializeToUtf8Bytes(wanted, ReportJson.Default.Hold), OwnerOnly);
        return wanted;
    }

    /// <summary>Ends a hold.</summary>
    /// <param name="files">The host's files.</param>
    /// <param name="paths">Where the hold is.</param>
    /// <param name="owner">Whose hold is ended; null: anybody's.</param>
    /// <param name="now">The time, UTC.</param>
    /// <returns>False when there was none.</returns>
    /// <exception cref="CloudletException">Busy: it is somebody else's.</exception>
    public static bool End(IHostFiles files, HealthPaths paths, string? owner, DateTimeOffset now)
    {
        var hold = Read(files, paths, now);
        if (hold is not null && owner is not null && hold.Owner != owner)
            throw new CloudletException(ErrorKind.Busy, $"this is the hold of {hold.Owner} ({hold.Reason}, until {hold.Expires:u}); ask them, or end it with `cloudlet release --force`");
        files.Delete(paths.Hold);
        return hold is not null;
    }

    /// <summary>Lets the daemon restart, once, what is deferred.</summary>
    public static void ReleaseRestarts(IHostFiles files, HealthPaths paths) => files.Write(paths.Release, [], OwnerOnly);

    /// <summary>The active hold, or null. One that has expired is none, nor is one that cannot be read.</summary>
    public static Hold? Read(IHostFiles files, HealthPaths paths, DateTimeOffset now) =>
        SmallRecord.Read(files, paths.Hold, ReportJson.Default.Hold) is { } hold && hold.Expires > now ? hold : null;
}
