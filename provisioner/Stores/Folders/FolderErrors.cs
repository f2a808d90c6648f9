using Cloudlet.Errors;

namespace Cloudlet.Stores.Folders;

/// <summary>Errors of the file system as our own.</summary>
internal static class FolderErrors
{
    private const int NoSpace = 28, // ENOSPC
        OverQuota = 122, // EDQUOT
        ReadOnly = 30, // EROFS
        WouldBlock = 11; // EWOULDBLOCK of flock(2)

    /// <summary>True: another process holds the file.</summary>
    public static bool IsLocked(IOException error) => (error.HResult & 0xffff) == WouldBlock;

    /// <summary>Runs work in a folder.</summary>
    /// <param name="place">The folder, for messages.</param>
    /// <param name="work">The work.</param>
    public static async Task<T> TryAsync<T>(string place, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CloudletException(ErrorKind.PermissionDenied, $"{place} can't be used: {e.Message}", e);
        }
        catch (IOException e)
        {
            var kind = (e.HResult & 0xffff) switch
            {
                NoSpace or OverQuota => ErrorKind.NoSpace,
                ReadOnly => ErrorKind.ReadOnly,
                _ => ErrorKind.Unexpected,
            };
            throw new CloudletException(kind, $"{place} can't be used: {e.Message}", e);
        }
    }
}
