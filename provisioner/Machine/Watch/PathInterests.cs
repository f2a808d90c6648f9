namespace Cloudlet.Machine.Watch;

/// <summary>Maps events of an inode, or of a name in a folder, to the paths that depend on them.</summary>
internal sealed class PathInterests(Inotify inotify)
{
    /// <summary>Stands for every name in a folder; it is not a valid file name.</summary>
    internal const string AnyName = "/";

    /// <summary>Stands for the watched inode itself, as in the kernel's events.</summary>
    internal const string Itself = "";

    private readonly Dictionary<int, Dictionary<string, HashSet<WatchedPath>>> _byWatch = [];

    /// <summary>Records that <paramref name="path"/> depends on a name below a watch.</summary>
    internal void Add(int watch, string name, WatchedPath path)
    {
        if (!_byWatch.TryGetValue(watch, out var byName))
            _byWatch[watch] = byName = [];
        if (!byName.TryGetValue(name, out var paths))
            byName[name] = paths = [];
        paths.Add(path);
        path.Interests.Add((watch, name));
    }

    /// <summary>
    /// Removes the interests of a path that are in <paramref name="old"/> but not among its current ones, and watches without interests.
    /// </summary>
    internal void RemoveStale(HashSet<(int Watch, string Name)> old, WatchedPath path)
    {
        foreach (var (watch, name) in old)
        {
            if (
                path.Interests.Contains((watch, name))
                || !_byWatch.TryGetValue(watch, out var byName)
                || !byName.TryGetValue(name, out var paths)
            )
                continue;
            paths.Remove(path);
            if (paths.Count == 0)
                byName.Remove(name);
            if (byName.Count > 0)
                continue;
            _byWatch.Remove(watch);
            inotify.Remove(watch);
        }
    }

    /// <summary>Adds the paths that an event is about.</summary>
    internal void Find(in InotifyEvent item, HashSet<WatchedPath> into)
    {
        const InotifyMask wholeInode = InotifyMask.DeleteSelf | InotifyMask.MoveSelf | InotifyMask.Unmount | InotifyMask.Ignored;
        if (!_byWatch.TryGetValue(item.Watch, out var byName))
            return;
        if ((item.Mask & wholeInode) != InotifyMask.None)
        {
            foreach (var paths in byName.Values)
                into.UnionWith(paths);
        }
        else if (byName.TryGetValue(item.Name, out var paths))
        {
            into.UnionWith(paths);
        }

        if (item.Name.Length > 0 && byName.TryGetValue(AnyName, out var folders) && !Files.TemporaryNames.IsAny(item.Name))
            into.UnionWith(folders);
        if (item.Mask.HasFlag(InotifyMask.Ignored))
            _byWatch.Remove(item.Watch);
    }
}

/// <summary>A path as it was given, and what it currently depends on.</summary>
internal sealed class WatchedPath(string path)
{
    internal string Path { get; } = path;

    /// <summary>Watch and name of everything that the target of the path depends on.</summary>
    internal HashSet<(int Watch, string Name)> Interests { get; set; } = [];

    /// <summary>Why a part of it cannot be watched, or null.</summary>
    internal string? Trouble { get; set; }
}
