using Cloudlet.Linux;
using Cloudlet.Machine.Netlink;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Watch;

/// <summary>
/// Reports a unit as soon as its main process ends, by pidfd_open(2), before systemd has reaped the process and reports it. On a kernel
/// without it (before 5.3, or forbidden by a seccomp filter) nothing is reported, and only <see cref="UnitWatch"/> is left.
/// </summary>
public sealed class ProcessWatch : IWakeSource
{
    private readonly Action<HostEvent> _sink;
    private readonly TimeProvider _clock;
    private readonly nint _systemCall;
    private readonly WatchThread _thread;
    private readonly Dictionary<string, Main> _mains = []; // used by the thread only, like the next
    private bool _troubleReported;
    private IReadOnlyDictionary<string, int>? _wanted;

    /// <summary>Starts without watched processes.</summary>
    /// <param name="sink">See <see cref="IWakeSource"/>.</param>
    /// <param name="clock">Source of the events' timestamps.</param>
    public ProcessWatch(Action<HostEvent> sink, TimeProvider clock)
        : this(sink, clock, ProcessCalls.SYS_pidfd_open) { }

    internal ProcessWatch(Action<HostEvent> sink, TimeProvider clock, nint systemCall)
    {
        _sink = sink;
        _clock = clock;
        _systemCall = systemCall;
        _thread = WatchThread.Start("watch-processes", Run, Release);
    }

    /// <summary>
    /// Replaces the set of watched processes: unit → main process id; units without one (0) are left out. A unit whose process has ended
    /// already is reported at once, but only once for each process.
    /// </summary>
    public void Watch(IReadOnlyDictionary<string, int> mainPids)
    {
        ObjectDisposedException.ThrowIf(_thread.IsStopping, this);
        Volatile.Write(ref _wanted, new Dictionary<string, int>(mainPids));
        _thread.Wake();
    }

    /// <inheritdoc/>
    public void Dispose() => _thread.Dispose();

    private void Run(WatchThread thread)
    {
        PollEntry[] entries = new PollEntry[1];
        List<string> units = [];
        while (thread.Wait(entries))
        {
            var at = _clock.GetTimestamp();
            for (var i = 0; i < units.Count; i++)
                if (entries[i + 1].IsReady)
                    End(units[i], _mains[units[i]].ProcessId, at);
            if (Interlocked.Exchange(ref _wanted, null) is { } wanted)
                SetWatched(wanted);
            units = [.. _mains.Where(main => main.Value.Process is not null).Select(main => main.Key)];
            entries = [default, .. units.Select(unit => new PollEntry((int)_mains[unit].Process!.DangerousGetHandle()))];
        }
    }

    private void SetWatched(IReadOnlyDictionary<string, int> wanted)
    {
        foreach (var (unit, main) in _mains.Where(main => wanted.GetValueOrDefault(main.Key) <= 0).ToList())
        {
            main.Process?.Dispose();
            _mains.Remove(unit);
        }
        foreach (var (unit, processId) in wanted)
            if (processId > 0)
                Open(unit, processId);
    }

    private void Open(string unit, int processId)
    {
        var known = _mains.GetValueOrDefault(unit);
        var isKnown = known.ProcessId == processId;
        if (isKnown && known.Process is not null)
            return;
        var process = ProcessCalls.OpenPidfd(processId, _systemCall);
        var errno = process.IsInvalid ? Errno.Last : 0;
        switch (errno)
        {
            case 0:
                if (isKnown && HasEnded(process))
                {
                    process.Dispose(); // it was reported, and is not reaped yet
                    return;
                }
                known.Process?.Dispose();
                _mains[unit] = new Main(processId, process);
                _troubleReported = false;
                break;
            case Errno.ESRCH or Errno.EINVAL: // EINVAL: the number is that of a thread now
                if (!isKnown)
                    End(unit, processId, _clock.GetTimestamp());
                break;
            case Errno.ENOSYS or Errno.EPERM:
                break;
            default:
                ReportTrouble(unit, errno);
                break;
        }
    }

    private void End(string unit, int processId, long at)
    {
        _mains.GetValueOrDefault(unit).Process?.Dispose();
        _mains[unit] = new Main(processId, Process: null);
        _sink(new UnitTouched(unit) { At = at });
    }

    private void ReportTrouble(string unit, int errno)
    {
        if (_troubleReported)
            return;
        _troubleReported = true;
        var because =
            $"watch the main process of {unit}: {KernelErrors.Describe(errno)}. If it is the limit of open files, raise it (LimitNOFILE=)";
        _sink(new EventsLost(WakeSourceNames.Processes, because) { At = _clock.GetTimestamp() });
    }

    private static unsafe bool HasEnded(SafeFileHandle process)
    {
        var entry = new PollEntry((int)process.DangerousGetHandle());
        return WatchCalls.Poll(&entry, 1, 0) > 0;
    }

    private void Release()
    {
        foreach (var main in _mains.Values)
            main.Process?.Dispose();
    }

    /// <summary>A main process; <c>Process</c> is null once its end was reported.</summary>
    private readonly record struct Main(int ProcessId, SafeFileHandle? Process);
}
