using Cloudlet.Errors;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Machine.Watch;

/// <summary>
/// Reports units by the signals of systemd (org.freedesktop.systemd1(5)): state, jobs, main process; and all of them when unit files were
/// enabled, disabled, masked or read again. An edited unit file gives no event before a reload: that is for <see cref="FileWatch"/>.
/// When the connection breaks, it is made again as soon as possible and <see cref="EventsLost"/> is reported.
/// </summary>
public sealed class UnitWatch : IWakeSource
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private readonly Action<HostEvent> _sink;
    private readonly TimeProvider _clock;
    private readonly string? _address;
    private readonly UnitSignals _signals = new();
    private readonly HashSet<string> _touched = [];
    private readonly WatchThread _thread;
    private BusConnection _bus; // of the thread alone, once that has started, as are the two above
    private IReadOnlyCollection<string> _units = [];

    /// <summary>Connects; there is nothing to watch yet. Errors: Unsupported on a host without systemd, Unreachable, PermissionDenied.</summary>
    /// <param name="sink">See <see cref="IWakeSource"/>.</param>
    /// <param name="clock">Gives the timestamps of the events.</param>
    /// <param name="address">As for <see cref="SystemdBus"/>; null for this host's manager.</param>
    public UnitWatch(Action<HostEvent> sink, TimeProvider clock, string? address = null)
    {
        _sink = sink;
        _clock = clock;
        _address = address;
        _bus = Connect();
        _thread = WatchThread.Start("watch-units", Run, () => _bus.Dispose());
    }

    /// <summary>Replaces the set of watched units, by their names with suffix; aliases are as good. Look at new ones after this, not before.</summary>
    public void Watch(IReadOnlyCollection<string> units)
    {
        ObjectDisposedException.ThrowIf(_thread.IsStopping, this);
        Volatile.Write(ref _units, [.. units]);
        _thread.Wake();
    }

    /// <inheritdoc/>
    public void Dispose() => _thread.Dispose();

    private BusConnection Connect()
    {
        var bus = BusConnection.Open(_address);
        try
        {
            bus.Listen(UnitSignals.Rules);
            return bus;
        }
        catch
        {
            bus.Dispose();
            throw;
        }
    }

    private void Run(WatchThread thread)
    {
        while (!thread.IsStopping)
        {
            try
            {
                Serve(thread);
            }
            catch (CloudletException e)
            {
                Reconnect(thread, e.Message);
            }
        }
    }

    private void Serve(WatchThread thread)
    {
        Span<PollEntry> entries = stackalloc PollEntry[2];
        _signals.IsOutdated = true; // this connection may be to another systemd
        int milliseconds;
        do
        {
            var at = _clock.GetTimestamp();
            while (!thread.IsStopping && _bus.TryTake() is { } message)
            {
                using (message)
                {
                    // Between taking and reading it: a signal that came after Watch returned must meet the new set.
                    AdoptUnits();
                    _signals.Take(_bus, message, _touched);
                }
            }
            AdoptUnits();
            foreach (var unit in _touched)
                _sink(new UnitTouched(unit) { At = at });
            _touched.Clear();
            // What came in during a question is in sd-bus's own queue; the limit is 0 then.
            (var descriptor, var events, milliseconds) = _bus.WaitingFor();
            entries[1] = new PollEntry(descriptor, events);
        }
        while (thread.Wait(entries, milliseconds));
    }

    private void AdoptUnits()
    {
        var units = Volatile.Read(ref _units);
        if (units != _signals.Units || _signals.IsOutdated)
            _signals.Adopt(_bus, units, _touched);
    }

    private void Reconnect(WatchThread thread, string cause)
    {
        _bus.Dispose();
        for (var delay = FirstDelay; thread.Sleep(delay); delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                _bus = Connect();
                _sink(new EventsLost(WakeSourceNames.Units, $"{cause} Connected again.") { At = _clock.GetTimestamp() });
                return;
            }
            catch (CloudletException)
            {
                // Told with the next success; until then there is nobody to listen to.
            }
        }
    }
}
