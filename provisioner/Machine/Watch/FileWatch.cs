using Cloudlet.Errors;

namespace Cloudlet.Machine.Watch;

/// <summary>
/// Reports paths at which something else may be found than before, by inotify(7): the file itself, the content of a folder (not of folders
/// in it), the folders above, and the symbolic links on the way and in a watched folder. A path where nothing is yet is watched from the
/// nearest folder that exists. Our own temporary files are no reason to report a folder. What inotify does not tell, the mount table
/// does: a file system that is mounted over a folder on the way, or unmounted from there.
/// Not seen by the kernel, and so not by us: writes through a shared memory mapping, changes on another host's side of a network file
/// system, and for a file in a watched folder, writes through a hard link elsewhere.
/// </summary>
public sealed class FileWatch : IWakeSource
{
    private const InotifyMask Structural = InotifyMask.Create | InotifyMask.Delete | InotifyMask.MovedFrom | InotifyMask.MovedTo
        | InotifyMask.DeleteSelf | InotifyMask.MoveSelf | InotifyMask.Unmount | InotifyMask.Ignored;

    private readonly Action<HostEvent> _sink;
    private readonly TimeProvider _clock;
    private readonly Inotify _inotify;
    private readonly PathInterests _interests;
    private readonly PathWalk _walk;
    private readonly WatchThread _thread;

    // Held while events are read too, so that none meets a walk half done.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, WatchedPath> _paths = [];
    private readonly List<InotifyEvent> _batch = [];
    private string? _trouble;
    private bool _troubleIsTold = true;
    private bool _isDisposed;

    /// <summary>Starts with nothing to watch. Errors: Busy when there are no inotify instances left.</summary>
    /// <param name="sink">See <see cref="IWakeSource"/>.</param>
    /// <param name="clock">Gives the timestamps of the events.</param>
    public FileWatch(Action<HostEvent> sink, TimeProvider clock)
        : this(sink, clock, int.MaxValue)
    {
    }

    internal FileWatch(Action<HostEvent> sink, TimeProvider clock, int mostWatches)
    {
        _sink = sink;
        _clock = clock;
        _inotify = new Inotify(mostWatches);
        _interests = new PathInterests(_inotify);
        _walk = new PathWalk(_inotify, _interests);
        _thread = WatchThread.Start("watch-files", Run, _inotify.Dispose);
    }

    /// <summary>Paths of which at least a part could not be watched: look at them by the clock. Tried again with every <see cref="Watch"/>.</summary>
    public IReadOnlyCollection<string> Unwatched
    {
        get
        {
            lock (_gate)
                return [.. _paths.Values.Where(path => path.Trouble is not null).Select(path => path.Path)];
        }
    }

    /// <summary>
    /// Replaces the set of watched paths. Once it has returned, every change of theirs gives an event; so look at new ones after it, not
    /// before. Costs little for paths that are watched already. Errors: InvalidInput for a path that is not absolute; then nothing is changed.
    /// </summary>
    public void Watch(IReadOnlyCollection<string> paths)
    {
        if (paths.FirstOrDefault(path => !path.StartsWith('/') || path.Contains('\0')) is { } bad)
            throw new CloudletException(ErrorKind.InvalidInput, $"watch '{bad}': not an absolute path; write it from / on.");
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var wanted = new HashSet<string>(paths);
            foreach (var path in _paths.Values.Where(path => !wanted.Contains(path.Path)).ToList())
            {
                _walk.Disarm(path);
                _paths.Remove(path.Path);
            }
            foreach (var path in wanted)
            {
                if (!_paths.TryGetValue(path, out var watched))
                    _paths[path] = watched = new WatchedPath(path);
                else if (watched.Trouble is null)
                    continue;
                _walk.Arm(watched);
            }
            NoteTrouble();
        }
        _thread.Wake();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
        _thread.Dispose();
    }

    private void Run(WatchThread thread)
    {
        // proc(5): the mount table is ready for POLLPRI when it has changed, and asking makes it unready again.
        using var mounts = File.OpenHandle("/proc/self/mountinfo");
        Span<PollEntry> entries = [default, new PollEntry(_inotify.Descriptor), new PollEntry((int)mounts.DangerousGetHandle(), Libc.POLLPRI)];
        while (thread.Wait(entries))
        {
            if (entries[2].IsReady)
                Tell(ReadMounts());
            while (Read() is { } events && !thread.IsStopping)
                Tell(events);
        }
    }

    private void Tell(List<HostEvent> events)
    {
        foreach (var item in events)
            _sink(item);
    }

    /// <summary>Paths that lead to something else since the mount table changed, watched anew.</summary>
    private List<HostEvent> ReadMounts()
    {
        lock (_gate)
        {
            var at = _clock.GetTimestamp();
            List<HostEvent> events = [];
            foreach (var path in _paths.Values)
            {
                var before = path.Interests;
                _walk.Arm(path);
                if (!path.Interests.SetEquals(before))
                    events.Add(new PathTouched(path.Path) { At = at });
            }
            NoteTrouble();
            return events;
        }
    }

    /// <summary>
    /// One batch of the kernel's events as ours, or null when there are none. The watches are renewed before anything is reported: who looks
    /// because of the report sees what came before the new watch, and what comes after it gives another event.
    /// </summary>
    private List<HostEvent>? Read()
    {
        lock (_gate)
        {
            _inotify.Read(_batch);
            var at = _clock.GetTimestamp();
            if (_batch.Count == 0 && _troubleIsTold)
                return null;
            var touched = Renew(out var isOverflown);
            List<HostEvent> events = [.. touched.Select(path => new PathTouched(path.Path) { At = at })];
            if (isOverflown)
                events.Add(new EventsLost(WakeSourceNames.Files, "inotify's queue was full (fs.inotify.max_queued_events): more changed than was read in time") { At = at });
            if (!_troubleIsTold)
                events.Add(new EventsLost(WakeSourceNames.Files, _trouble!) { At = at });
            _troubleIsTold = true;
            return events;
        }
    }

    private HashSet<WatchedPath> Renew(out bool isOverflown)
    {
        var touched = new HashSet<WatchedPath>();
        var moved = new HashSet<WatchedPath>();
        isOverflown = false;
        foreach (var item in _batch)
        {
            isOverflown |= item.Mask.HasFlag(InotifyMask.QueueOverflow);
            _interests.Find(item, (item.Mask & Structural) == InotifyMask.None ? touched : moved);
        }
        touched.UnionWith(moved);
        var toArm = isOverflown ? [.. _paths.Values] : moved;
        foreach (var path in toArm)
            _walk.Arm(path);
        if (toArm.Count > 0)
            NoteTrouble();
        return touched;
    }

    /// <summary>Trouble is told when it begins, not again until everything was watched in between.</summary>
    private void NoteTrouble()
    {
        var troubled = _paths.Values.Where(path => path.Trouble is not null).ToList();
        var before = _trouble;
        _trouble = troubled.Count == 0 ? null : $"{troubled.Count} of {_paths.Count} paths cannot be watched; {troubled[0].Path} because of {troubled[0].Trouble}";
        if (before is null && _trouble is not null)
            _troubleIsTold = false;
        else if (_trouble is null)
            _troubleIsTold = true;
    }
}
