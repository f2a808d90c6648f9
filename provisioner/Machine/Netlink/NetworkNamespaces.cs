using Cloudlet.Errors;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>
/// Named network namespaces, the same as those of ip-netns(8): a name is a file in /run/netns with the namespace mounted on it.
/// Creating and deleting need root.
/// </summary>
public static class NetworkNamespaces
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
        using (var file = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_CLOEXEC, 0))
            if (file.IsInvalid)
                throw KernelErrors.Failure($"create network namespace \"{name}\" at {path}", Errno.Last);
        try
        {
            NamespaceThread.Run(() => MountNew(name, path));
        }
        catch
        {
            _ = FileCalls.UnlinkAt(FileCalls.Here, path, 0);
            throw;
        }
    }

    /// <summary>Deletes the name; the namespace itself ends with its last process and socket. A missing name is not an error.</summary>
    public static void Delete(string name)
    {
        var path = PathOf(name);
        // EINVAL: it is not a mount point, as after a crash between creating the file and mounting on it.
        if (
            NamespaceCalls.Unmount(path, NamespaceCalls.MNT_DETACH) != 0
            && Errno.Last is not (Errno.EINVAL or Errno.ENOENT) and var unmount
        )
            throw KernelErrors.Failure($"unmount network namespace \"{name}\" from {path}", unmount);
        if (FileCalls.UnlinkAt(FileCalls.Here, path, 0) != 0 && Errno.Last is not Errno.ENOENT and var unlink)
            throw KernelErrors.Failure($"delete network namespace file {path}", unlink);
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
        var file = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_CLOEXEC);
        if (!file.IsInvalid)
            return file;
        var errno = Errno.Last;
        file.Dispose();
        throw KernelErrors.Failure($"open network namespace \"{nameOrPath}\" at {path}", errno);
    }

    private static string PathOf(string name) =>
        name.Length > 0 && name is not ("." or "..") && name.AsSpan().IndexOfAny('/', '\0') < 0
            ? $"{Folder}/{name}"
            : throw new CloudletException(ErrorKind.InvalidInput, $"network namespace name \"{name}\": not a plain file name");

    private static bool MountNew(string name, string path)
    {
        if (NamespaceCalls.Unshare(NamespaceCalls.CLONE_NEWNET) != 0)
            throw KernelErrors.Failure($"create network namespace \"{name}\"", Errno.Last);
        if (NamespaceCalls.Mount("/proc/thread-self/ns/net", path, "none", NamespaceCalls.MS_BIND, null) != 0)
            throw KernelErrors.Failure($"mount network namespace \"{name}\" on {path}", Errno.Last);
        return true;
    }

    /// <summary>
    /// Makes /run/netns a shared mount point, so that a deleted namespace disappears from every mount namespace. It takes the same lock as
    /// iproute2: two concurrent creators would mount the folder over itself twice.
    /// </summary>
    private static void PrepareFolder()
    {
        Directory.CreateDirectory(Folder);
        using var folder = FileCalls.Open(Folder, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_CLOEXEC);
        if (folder.IsInvalid || FileCalls.Lock(folder, FileCalls.LOCK_EX) != 0)
            throw KernelErrors.Failure($"lock {Folder}", Errno.Last);
        if (NamespaceCalls.Mount("", Folder, "none", NamespaceCalls.MS_SHARED | NamespaceCalls.MS_REC, null) == 0)
            return;
        // EINVAL: the folder is not a mount point yet.
        if (Errno.Last is not Errno.EINVAL and var share)
            throw KernelErrors.Failure($"share mount {Folder}", share);
        if (
            NamespaceCalls.Mount(Folder, Folder, "none", NamespaceCalls.MS_BIND | NamespaceCalls.MS_REC, null) != 0
            || NamespaceCalls.Mount("", Folder, "none", NamespaceCalls.MS_SHARED | NamespaceCalls.MS_REC, null) != 0
        )
            throw KernelErrors.Failure($"make {Folder} a shared mount point", Errno.Last);
    }
}
