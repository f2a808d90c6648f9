using Cloudlet.Errors;
using Microsoft.Win32.SafeHandles;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>
/// Named network namespaces, the same as those of ip-netns(8): a name is a file in /run/netns with the namespace mounted on it.
/// Creating and deleting need root.
/// </summary>
public static unsafe class NetworkNamespaces
{
    private const string Folder = "/run/netns";

    /// <summary>
    /// Creates an empty namespace, its loopback link down. Errors: AlreadyExists, PermissionDenied, InvalidInput for a name that is not a
    /// valid file name.
    /// </summary>
    public static void Create(string name)
    {
        var path = PathOf(name);
        PrepareFolder();
        using (var file = Libc.Open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0))
            if (file.IsInvalid)
                throw Errno.Failure($"create network namespace \"{name}\" at {path}", Libc.LastErrno);
        try
        {
            NamespaceThread.Run(() => MountNew(name, path));
        }
        catch
        {
            _ = Libc.Unlink(path);
            throw;
        }
    }

    /// <summary>Deletes the name; the namespace itself ends with its last process and socket. A missing name is not an error.</summary>
    public static void Delete(string name)
    {
        var path = PathOf(name);
        // EINVAL: it is not a mount point, as after a crash between creating the file and mounting on it.
        if (Libc.Unmount(path, MNT_DETACH) != 0 && Libc.LastErrno is not (Errno.EINVAL or Errno.ENOENT) and var unmount)
            throw Errno.Failure($"unmount network namespace \"{name}\" from {path}", unmount);
        if (Libc.Unlink(path) != 0 && Libc.LastErrno is not Errno.ENOENT and var unlink)
            throw Errno.Failure($"delete network namespace file {path}", unlink);
    }

    /// <summary>True when a namespace has this name.</summary>
    public static bool Exists(string name) => File.Exists(PathOf(name));

    /// <summary>The names, in ordinal order.</summary>
    public static IReadOnlyList<string> List()
    {
        var folder = new DirectoryInfo(Folder);
        if (!folder.Exists)
            return [];
        var names = new List<string>();
        foreach (var file in folder.EnumerateFiles())
            names.Add(file.Name);
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>
    /// Identifies a namespace among all of this boot, including earlier ones with the same name: the kernel's unique cookie, or on old
    /// kernels the inode, which may be reused.
    /// </summary>
    /// <param name="name">Its name; null: the one of the calling thread.</param>
    /// <exception cref="CloudletException">NotFound, PermissionDenied: it cannot be entered.</exception>
    public static string IdentityOf(string? name)
    {
        if (name is null)
            return IdentityHere();
        using var ns = Open(name);
        return NamespaceThread.RunInside(ns, name, IdentityHere);
    }

    private static string IdentityHere()
    {
        using var socket = NetlinkSocket.Open(NETLINK_ROUTE);
        return socket.NamespaceCookie() is { } cookie
            ? $"cookie {cookie}"
            : File.ResolveLinkTarget("/proc/thread-self/ns/net", returnFinalTarget: false)!.Name;
    }

    /// <summary>Opens the namespace of a name, or of a path such as /proc/PID/ns/net.</summary>
    internal static SafeFileHandle Open(string nameOrPath)
    {
        var path = nameOrPath.Contains('/') ? nameOrPath : PathOf(nameOrPath);
        var file = Libc.Open(path, O_RDONLY | O_CLOEXEC, 0);
        if (!file.IsInvalid)
            return file;
        var errno = Libc.LastErrno;
        file.Dispose();
        throw Errno.Failure($"open network namespace \"{nameOrPath}\" at {path}", errno);
    }

    private static string PathOf(string name) =>
        name.Length > 0 && name is not ("." or "..") && name.AsSpan().IndexOfAny('/', '\0') < 0
            ? $"{Folder}/{name}"
            : throw new CloudletException(ErrorKind.InvalidInput, $"network namespace name \"{name}\": not a plain file name");

    private static bool MountNew(string name, string path)
    {
        if (Libc.Unshare(CLONE_NEWNET) != 0)
            throw Errno.Failure($"create network namespace \"{name}\"", Libc.LastErrno);
        if (Libc.Mount("/proc/thread-self/ns/net", path, "none", MS_BIND, null) != 0)
            throw Errno.Failure($"mount network namespace \"{name}\" on {path}", Libc.LastErrno);
        return true;
    }

    /// <summary>
    /// Makes /run/netns a shared mount point, so that a deleted namespace disappears from every mount namespace. It takes the same lock as
    /// iproute2: two concurrent creators would mount the folder over itself twice.
    /// </summary>
    private static void PrepareFolder()
    {
        Directory.CreateDirectory(Folder);
        using var folder = Libc.Open(Folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (folder.IsInvalid || Libc.Lock(folder, LOCK_EX) != 0)
            throw Errno.Failure($"lock {Folder}", Libc.LastErrno);
        if (Libc.Mount("", Folder, "none", MS_SHARED | MS_REC, null) == 0)
            return;
        // EINVAL: the folder is not a mount point yet.
        if (Libc.LastErrno is not Errno.EINVAL and var share)
            throw Errno.Failure($"share mount {Folder}", share);
        if (
            Libc.Mount(Folder, Folder, "none", MS_BIND | MS_REC, null) != 0
            || Libc.Mount("", Folder, "none", MS_SHARED | MS_REC, null) != 0
        )
            throw Errno.Failure($"make {Folder} a shared mount point", Libc.LastErrno);
    }
}
