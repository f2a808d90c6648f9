using Cloudlet.Errors;

namespace Cloudlet.Check;

/// <summary>
/// One check at a time from a host (flock(2)): the next one deletes what the one before left. The kernel releases it when its holder ends.
/// </summary>
internal static class CheckLock
{
    /// <summary>Takes the lock without waiting.</summary>
    /// <exception cref="CloudletException">Busy: another check runs. PermissionDenied: the file cannot be made.</exception>
    public static IDisposable Take(string folder)
    {
        const int WouldBlock = 11;
        var path = $"{folder}/lock";
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == WouldBlock)
        {
            throw new CloudletException(
                ErrorKind.Busy,
                "another check from this host is running, or is deleting what it made: wait until it ends, and check again",
                e
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(ErrorKind.PermissionDenied, $"take the lock {path}: {e.Message} Run as root", e);
        }
    }
}
