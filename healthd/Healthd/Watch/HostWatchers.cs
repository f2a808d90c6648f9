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
    private Action<HostEvent> sink = _ => { };
    private IReadOnlyCollection<string> wanted = [];
    private LinkWatch? links;
    private FileWatch? files;
    private UnitWatch? units;
    private ProcessWatch? processes;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Unwatched => files?.Unwatched ?? wanted;

    /// <inheritdoc/>
    public void Start(Action<Trigger, long> woken, Action<string, long> lost)
    {
        sink = Pass;
        links = new LinkWatch(Pass, clock);
        files = FilesIfPossible();
        units = new UnitWatch(Pass, clock);
        processes = new ProcessWatch(Pass, clock);

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
        wanted = paths;
        files ??= FilesIfPossible();
        files?.Watch(paths);
        this.units?.Watch(units);
    }

    /// <inheritdoc/>
    public void WatchProcesses(IReadOnlyDictionary<string, int> processes) => this.processes?.Watch(processes);

    /// <inheritdoc/>
    public void Dispose()
    {
        links?.Dispose();
        files?.Dispose();
        units?.Dispose();
        processes?.Dispose();
    }

    /// <summary>
    /// Other programs may have taken all inotify instances of the host: then files are checked by the clock, and everything else works as
    /// usual.
    /// </summary>
    private FileWatch? FilesIfPossible()
    {
        try
        {
            return new FileWatch(sink, clock);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Busy)
        {
            return null;
        }
    }
}
