using Cloudlet.Errors;

namespace Cloudlet.Lab.Model;

/// <summary>An exclusive lock on a file (flock), which the kernel releases when its holder dies.</summary>
internal static class LabLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits for the lock; Busy when another process holds it longer than <paramref name="patience"/>.</summary>
    public static async Task<IDisposable> AcquireAsync(string path, TimeSpan patience, TimeProvider clock, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var started = clock.GetTimestamp();
        while (true)
        {
            if (TryOpen(path) is { } stream)
                return stream;
            if (clock.GetElapsedTime(started) > patience)
                throw new CloudletException(
                    ErrorKind.Busy,
                    $"another lab command has held {path} for {patience.TotalSeconds:0} s: wait for it to end (fuser {path} shows "
                        + "it) and try again."
                );
            await Task.Delay(Pause, clock, ct);
        }
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            const int EAgain = 11;
            if ((e.HResult & 0xFFFF) == EAgain)
                return null;
            throw new CloudletException(ErrorKind.PermissionDenied, $"the lock {path} can't be opened: {e.Message}", e);
        }
    }
}
