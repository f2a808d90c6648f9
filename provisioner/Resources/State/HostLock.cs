using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Resources.State;

/// <summary>
/// The only lock of a host, flock(2) on a file. The kernel releases it when its holder ends in any way; the file is empty and stays. The
/// kernel shows the holder (/proc/locks).
/// </summary>
internal sealed class HostLock : IDisposable
{
    private const uint OwnerOnly = 0x180; // 0600

    private readonly SafeFileHandle _handle;

    private HostLock(SafeFileHandle handle) => _handle = handle;

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

        var file = FileCalls.Open(path, FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_CLOEXEC, OwnerOnly);
        if (file.IsInvalid)
            throw Failure(path, Errno.Last);
        if (FileCalls.Lock(file, FileCalls.LOCK_EX | FileCalls.LOCK_NB) != 0)
        {
            var errno = Errno.Last;
            file.Dispose();
            throw errno == Errno.EWOULDBLOCK
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
        if (!_handle.IsClosed)
            _ = FileCalls.Lock(_handle, FileCalls.LOCK_UN);
        _handle.Dispose();
    }

    private static CloudletException Failure(string path, int errno) =>
        new(
            errno switch
            {
                Errno.EPERM or Errno.EACCES => ErrorKind.PermissionDenied,
                Errno.ENOSPC => ErrorKind.NoSpace,
                Errno.EROFS => ErrorKind.ReadOnly,
                _ => ErrorKind.Unexpected,
            },
            $"take the lock {path}: {Marshal.GetPInvokeErrorMessage(errno)}{(errno is Errno.EPERM or Errno.EACCES ? "; run as root" : "")}"
        );
}
