using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Watch;

/// <summary>
/// Reports paths whose target may have changed, by inotify(7): the file itself, the content of a folder (not of its subfolders), the
/// folders above, and the symbolic links in the path and in a watched folder. A path that does not exist is watched from the nearest
/// existing folder. Our temporary files do not count as changes of a folder. File systems that are mounted over a folder in the path, or
/// unmounted, are found by the mount table, because inotify does not report them. The kernel does not report writes through a shared memory
/// mapping, changes by other hosts on a network file system, and for a file in a watched folder, writes through a hard link elsewhere.
/// </summary>
public sealed class FileWatch : IWakeSource
{
    private const InotifyMask Structural =
        InotifyMask.Create
        | InotifyMask.Delete
        | InotifyMask.MovedFrom
        | InotifyMask.MovedTo
        | InotifyMask.DeleteSelf
        | InotifyMask.MoveSelf
        | InotifyMask.Unmount
        | InotifyMask.Ignored;

    private readonly Action<HostEvent> _sink;
    private readonly TimeProvider _clock;
    private readonly Inotify _inotify;
    private readonly PathInterests _interests;
    private readonly PathWalk _walk;
    private readonly WatchThread _thread;

    // Also held while events are read, so that none is handled during an incomplete walk.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, WatchedPath> _paths = [];
    private readonly List<InotifyEvent> _batch = [];
    private string? _trouble;
    private bool _troubleReported = true;
    private bool _isDisposed;

    /// <summary>Starts without watched paths. Errors: Busy when no inotify instance is available.</summary>
    /// <param name="sink">See <see cref="IWakeSource"/>.</param>
    /// <param name="clock">Gives the timestamps of the events.</param>
    public FileWatch(Action<HostEvent> sink, TimeProvider clock)
        : this(sink, clock, int.MaxValue) { }

    internal FileWatch(Action<HostEvent> sink, TimeProvider clock, int mostWatches)
    {
        _sink = sink;
        _clock = clock;
        _inotify = new Inotify(mostWatches);
        _interests = new PathInterests(_inotify);
        _walk = new PathWalk(_inotify, _interests);
        _thread = WatchThread.Start("watch-files", Run, _inotify.Dispose);
    }

    /// <summary>Paths that could not be watched completely, and have to be polled. Every <see cref="Watch"/> retries them.</summary>
    public IReadOnlyCollection<string> Unwatched
    {
        get
        {
            lock (_gate)
                return [.. _paths.Values.Where(path => path.Trouble is not null).Select(path => path.Path)];
        }
    }

    /// <summary>
    /// Replaces the set of watched paths. After it has returned, every change causes an event; so observe new paths after it, not before.
    /// It is cheap for paths that are watched already. Errors: InvalidInput for a path that is not absolute; nothing is changed then.
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
        // proc(5): the mount table signals POLLPRI when it has changed, until it is polled.
        using var mounts = File.OpenHandle("/proc/self/mountinfo");
        Span<PollEntry> entries =
        [
            default,
            new PollEntry(_inotify.Descriptor),
            new PollEntry((int)mounts.DangerousGetHandle(), WatchCalls.POLLPRI),
        ];
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

    /// <summary>Watches again the paths whose target has changed with the mount table, and returns their events.</summary>
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
    /// Reads one batch of the kernel's events, or null when there are none. Watches are renewed before the events are reported: an observer
    /// of the event sees changes before the new watch, and changes after it cause another event.
    /// </summary>
    private List<HostEvent>? Read()
    {
        lock (_gate)
        {
            _inotify.Read(_batch);
            var at = _clock.GetTimestamp();
            if (_batch.Count == 0 && _troubleReported)
                return null;
            var touched = Renew(out var isOverflown);
            List<HostEvent> events = [.. touched.Select(path => new PathTouched(path.Path) { At = at })];
            if (isOverflown)
                events.Add(
                    new EventsLost(
                        WakeSourceNames.Files,
                        "inotify's queue was full (fs.inotify.max_queued_events): more changed than was read in time"
                    )
                    {
                        At = at,
                    }
                );
            if (!_troubleReported)
                events.Add(new EventsLost(WakeSourceNames.Files, _trouble!) { At = at });
            _troubleReported = true;
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

    /// <summary>Reports a problem once, and again only after everything was watched in between.</summary>
    private void NoteTrouble()
    {
        var troubled = _paths.Values.Where(path => path.Trouble is not null).ToList();
        var before = _trouble;
        _trouble =
            troubled.Count == 0
                ? null
                : $"{troubled.Count} of {_paths.Count} paths cannot be watched; {troubled[0].Path} because of {troubled[0].Trouble}";
        if (before is null && _trouble is not null)
            _troubleReported = false;
        else if (_trouble is null)
            _troubleReported = true;
    }
}
