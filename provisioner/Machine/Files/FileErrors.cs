using System.Runtime.InteropServices;
using Cloudlet.Errors;
using static Cloudlet.Linux.Errno;

namespace Cloudlet.Machine.Files;

/// <summary>Turns the errno of a file system call into an error with a kind, the path and what to do.</summary>
internal static class FileErrors
{
    /// <summary>The error for the last failed call.</summary>
    /// <param name="action">What was tried, e.g. <c>write</c>.</param>
    /// <param name="path">The path as the caller named it.</param>
    public static CloudletException Last(string action, string path) => Create(Marshal.GetLastPInvokeError(), action, path);

    public static CloudletException Create(int errno, string action, string path)
    {
        var (kind, advice) = Classify(errno);
        return new CloudletException(kind, $"Cannot {action} {path}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}). {advice}");
    }

    private static (ErrorKind Kind, string Advice) Classify(int errno) =>
        errno switch
        {
            ENOSPC => (
                ErrorKind.NoSpace,
                "Free space or inodes on this file system (df -h, df -i) and run again; what was there before is unchanged."
            ),
            EDQUOT => (ErrorKind.NoSpace, "Raise the quota or remove files and run again; what was there before is unchanged."),
            EROFS => (ErrorKind.ReadOnly, "Find out why it is mounted read-only (mount, dmesg), remount it read-write and run again."),
            EACCES or EPERM => (
                ErrorKind.PermissionDenied,
                "Run as root; as root, check for an immutable attribute (lsattr) or a security module."
            ),
            ENOENT => (ErrorKind.NotFound, "Check the path and create what is missing."),
            EEXIST => (ErrorKind.AlreadyExists, "Something else is in the way: remove it or choose another path."),
            EISDIR => (ErrorKind.AlreadyExists, "A folder is in the way: remove it or choose another path."),
            ENOTDIR => (ErrorKind.InvalidInput, "A part of the path is not a folder: remove it or choose another path."),
            ENOTEMPTY => (ErrorKind.InvalidInput, "The folder is not empty: remove what is in it first."),
            ENAMETOOLONG => (ErrorKind.InvalidInput, "A name may have 255 bytes and a path 4095: choose a shorter one."),
            ELOOP => (ErrorKind.InvalidInput, "Symbolic links in the path form a loop: correct them."),
            EINVAL => (ErrorKind.InvalidInput, "The file system does not accept this name or value."),
            EBUSY or ETXTBSY => (ErrorKind.Busy, "It is in use, perhaps as a mount point (findmnt): release it and run again."),
            EINTR => (ErrorKind.Interrupted, "The call was interrupted: run again."),
            ENOSYS or EOPNOTSUPP => (ErrorKind.Unsupported, "This kernel or file system does not offer the operation."),
            _ => (ErrorKind.Unexpected, "See dmesg for kernel messages about this file system."),
        };
}
