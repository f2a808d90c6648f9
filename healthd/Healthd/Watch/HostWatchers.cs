using Cloudlet.Converge.Kinds;
using Cloudlet.Errors;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Machine.Watch;

namespace Cloudlet.Healthd.Watch;

/// <summary>
/// The watchers of the machine this process runs on: the kernel's link messages, inotify, systemd's signals, the ends of processes.
/// </summary>
public sealed class HostWatchers(TimeProvider clock) : IHostWatchers
{
    private Action<HostEvent> _sink = _ => { };
    private IReadOnlyCollection<string> _wanted = [];
    private LinkWatch? _links;
    private FileWatch? _files;
    private UnitWatch? _units;
    private ProcessWatch? _processes;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Unwatched => _files?.Unwatched ?? _wanted;

    /// <inheritdoc/>
    public void Start(Action<Trigger, long> woken, Action<string, long> lost)
    {
        _sink = Pass;
        _links = new LinkWatch(Pass, clock);
        _files = FilesIfPossible();
        _units = new UnitWatch(Pass, clock);
        _processes = new ProcessWatch(Pass, clock);

        void Pass(HostEvent happened)
        {
            switch (happened)
            {
                case LinkTouched { Name: { } name }:
                    woken(new Trigger(TriggerKind.Link, name), happened.At);
                    break;
                case LinkTouched:
                    lost("a link without a name changed", happened.At);
                    break;
                case AddressTouched address:
                    woken(new Trigger(TriggerKind.Address, address.Address), happened.At);
                    break;
                case PathTouched path:
                    woken(new Trigger(TriggerKind.Path, path.Path), happened.At);
                    break;
                case UnitTouched unit:
                    woken(new Trigger(TriggerKind.Unit, unit.Unit), happened.At);
                    break;
                case EventsLost events:
                    lost($"{events.Source}: {events.Because}", happened.At);
                    break;
                default:
                    break;
            }
        }
    }

    /// <inheritdoc/>
    public void Watch(IReadOnlyCollection<string> paths, IReadOnlyCollection<string> units)
    {
        _wanted = paths;
        _files ??= FilesIfPossible();
        _files?.Watch(paths);
        _units?.Watch(units);
    }

    /// <inheritdoc/>
    public void WatchProcesses(IReadOnlyDictionary<string, int> processes) => _processes?.Watch(processes);

    /// <inheritdoc/>
    public void Dispose()
    {
        _links?.Dispose();
        _files?.Dispose();
        _units?.Dispose();
        _processes?.Dispose();
    }

    /// <summary>
    /// Other programs may have taken all inotify instances of the host: then files are checked by the clock, and everything else works as
    /// usual.
    /// </summary>
    private FileWatch? FilesIfPossible()
    {
        try
        {
            return new FileWatch(_sink, clock);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Busy)
        {
            return null;
        }
    }
}
