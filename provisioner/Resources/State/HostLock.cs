using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Resources.State;

/// <summary>
/// The only lock of a host, flock(2) on a file. The kernel releases it when its holder ends in any way; the file is empty and stays. The
/// kernel shows the holder (/proc/locks).
/// </summary>
internal sealed partial class HostLock : IDisposable
{
    private const int O_RDWR = 2;
    private const int O_CREAT = 0x40;
    private const int O_CLOEXEC = 0x80000;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const int LOCK_UN = 8;
    private const int EINTR = 4;
    private const int EWOULDBLOCK = 11;
    private const uint OwnerOnly = 0x180; // 0600

    private readonly SafeFileHandle handle;

    private HostLock(SafeFileHandle handle) => this.handle = handle;

    /// <summary>Takes the lock without waiting.</summary>
    /// <exception cref="CloudletException">Busy: another process has it; the message names it. Otherwise the errno's error.</exception>
    public static HostLock Take(string path, TimeProvider clock)
    {
        var folder = Path.GetDirectoryName(path)!;
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (IOException e)
        {
            throw new CloudletException(
                ErrorKind.Unexpected,
                $"take the lock {path}: cannot create the folder {folder}: {e.Message} Move away the file in its place, and run again",
                e
            );
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"take the lock {path}: cannot create the folder {folder}: {e.Message} Run as root",
                e
            );
        }

        var descriptor = Open(path, O_RDWR | O_CREAT | O_CLOEXEC, OwnerOnly);
        if (descriptor < 0)
            throw Failure(path, Marshal.GetLastPInvokeError());
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        while (FileLock(file, LOCK_EX | LOCK_NB) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno == EINTR)
                continue;
            file.Dispose();
            throw errno == EWOULDBLOCK
                ? new CloudletException(
                    ErrorKind.Busy,
                    $"another run has the lock: {LockHolder.Describe(path, clock)}; wait for it or stop it"
                )
                : Failure(path, errno);
        }

        return new HostLock(file);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Closing is not enough: a child that was just forked has the same open file until it executes its program, and would keep the
        // lock until then.
        if (!handle.IsClosed)
            _ = FileLock(handle, LOCK_UN);
        handle.Dispose();
    }

    private static CloudletException Failure(string path, int errno) =>
        new(
            errno switch
            {
                1 or 13 => ErrorKind.PermissionDenied,
                28 => ErrorKind.NoSpace,
                30 => ErrorKind.ReadOnly,
                _ => ErrorKind.Unexpected,
            },
            $"take the lock {path}: {Marshal.GetPInvokeErrorMessage(errno)}{(errno is 1 or 13 ? "; run as root" : "")}"
        );

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FileLock(SafeFileHandle file, int operation);
}
