using System.IO.Enumeration;
using System.Text;
using Cloudlet.Linux;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Watch;

/// <summary>
/// Resolves a path like the kernel (path_resolution(7)) and watches every component. Each folder is watched before it is read: a change
/// during the walk causes an event, after which the walk is repeated.
/// </summary>
internal sealed class PathWalk(Inotify inotify, PathInterests interests)
{
    /// <summary>Limit of symbolic links, as in the kernel.</summary>
    private const int MostLinks = 40;

    private const InotifyMask Folder =
        InotifyMask.Create
        | InotifyMask.Delete
        | InotifyMask.MovedFrom
        | InotifyMask.MovedTo
        | InotifyMask.Attrib
        | InotifyMask.DeleteSelf
        | InotifyMask.MoveSelf
        | InotifyMask.OnlyDirectory;

    private const InotifyMask Content = Folder | InotifyMask.Modify | InotifyMask.CloseWrite | InotifyMask.ExcludeUnlinked;

    private const InotifyMask File =
        InotifyMask.Modify | InotifyMask.CloseWrite | InotifyMask.Attrib | InotifyMask.DeleteSelf | InotifyMask.MoveSelf;

    private readonly byte[] _target = new byte[4096];

    /// <summary>Watches everything that <paramref name="path"/> now depends on, and removes watches that are not needed any more.</summary>
    internal void Arm(WatchedPath path)
    {
        var old = path.Interests;
        path.Interests = [];
        path.Trouble = null;
        Walk(path, path.Path, withContent: true);
        interests.RemoveStale(old, path);
    }

    /// <summary>Removes the watches of a path.</summary>
    internal void Disarm(WatchedPath path)
    {
        var old = path.Interests;
        path.Interests = [];
        interests.RemoveStale(old, path);
    }

    private void Walk(WatchedPath path, string from, bool withContent)
    {
        var remaining = new Stack<string>();
        Push(remaining, from);
        var real = ""; // the current folder: without links, and empty for /
        for (var links = 0; remaining.TryPop(out var name); )
        {
            if (name == "..")
            {
                real = real[..Math.Max(0, real.LastIndexOf('/'))];
                continue;
            }
            if (!Watch(path, real.Length == 0 ? "/" : real, Folder, name))
                return;
            var child = $"{real}/{name}";
            if (ReadLink(child) is { } target)
            {
                _ = Watch(path, child, File, PathInterests.Itself);
                if (++links > MostLinks)
                    return;
                if (target.StartsWith('/'))
                    real = "";
                Push(remaining, target);
            }
            else
            {
                real = child;
            }
        }
        WatchEnd(path, real.Length == 0 ? "/" : real, withContent);
    }

    private static void Push(Stack<string> remaining, string path)
    {
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            if (name != ".")
                remaining.Push(name);
    }

    /// <summary>Watches the target of the path: a file, a folder with its entries, or nothing.</summary>
    private void WatchEnd(WatchedPath path, string end, bool withContent)
    {
        if (!withContent || !Watch(path, end, Content, PathInterests.Itself))
        {
            _ = Watch(path, end, File, PathInterests.Itself);
            return;
        }
        _ = Watch(path, end, Content, PathInterests.AnyName);
        foreach (var link in LinksIn(end))
            Walk(path, link, withContent: false);
    }

    /// <summary>
    /// Watches an inode for a name below it. False when there is no such inode (an event reports when it appears), or when it cannot be
    /// watched, which is recorded in the path's trouble.
    /// </summary>
    private bool Watch(WatchedPath path, string at, InotifyMask mask, string name)
    {
        var watch = inotify.Add(at, mask, out var errno);
        if (watch >= 0)
            interests.Add(watch, name, path);
        else if (errno == Errno.ENOSPC)
            path.Trouble ??= $"{at}: the limit of watches is reached. Raise it, for example: sysctl fs.inotify.max_user_watches=524288";
        else if (errno is not (Errno.ENOENT or Errno.ENOTDIR))
            path.Trouble ??= $"{at}: {KernelErrors.Describe(errno)}";
        return watch >= 0;
    }

    /// <summary>Target of a symbolic link; null for anything else.</summary>
    private string? ReadLink(string path)
    {
        var length = FileCalls.ReadLinkAt(FileCalls.Here, path, _target, _target.Length);
        return length < 0 ? null : Encoding.UTF8.GetString(_target, 0, (int)length);
    }

    private static List<string> LinksIn(string folder)
    {
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.None };
        try
        {
            return
            [
                .. new FileSystemEnumerable<string>(folder, static (ref entry) => entry.ToFullPath(), options)
                {
                    ShouldIncludePredicate = static (ref entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
                },
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // it was removed or became unreadable, which causes an event
        }
    }
}
