using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Machine.Watch;

/// <summary>
/// Reports units by the signals of systemd (org.freedesktop.systemd1(5)): state, jobs, main process; and all of them when unit files were
/// enabled, disabled, masked or reloaded. An edited unit file causes no event before a reload; <see cref="FileWatch"/> reports it. A broken
/// connection is restored as soon as possible, and <see cref="EventsLost"/> is reported.
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
    private BusConnection _bus; // used by the thread only, once that has started, like the two above
    private IReadOnlyCollection<string> _units = [];

    /// <summary>Connects; no unit is watched yet. Errors: Unsupported on a host without systemd, Unreachable, PermissionDenied.</summary>
    /// <param name="sink">See <see cref="IWakeSource"/>.</param>
    /// <param name="clock">Source of the events' timestamps.</param>
    /// <param name="address">As for <see cref="SystemdBus"/>; null for this host's manager.</param>
    public UnitWatch(Action<HostEvent> sink, TimeProvider clock, string? address = null)
    {
        _sink = sink;
        _clock = clock;
        _address = address;
        _bus = Connect();
        _thread = WatchThread.Start("watch-units", Run, () => _bus.Dispose());
    }

    /// <summary>
    /// Replaces the set of watched units, given by name with suffix or by alias. Observe new ones after this, not before.
    /// </summary>
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
        _signals.IsOutdated = true; // the new connection may be to another systemd
        int milliseconds;
        do
        {
            var at = _clock.GetTimestamp();
            while (!thread.IsStopping && _bus.TryTake() is { } message)
            {
                using (message)
                {
                    // Before the signal is read: one that arrived after Watch has returned must be matched with the new set.
                    ApplyWatched();
                    _signals.Take(_bus, message, _touched);
                }
            }
            ApplyWatched();
            foreach (var unit in _touched)
                _sink(new UnitTouched(unit) { At = at });
            _touched.Clear();
            // Signals that arrived during a call are in sd-bus's queue; the limit is 0 then.
            (var descriptor, var events, milliseconds) = _bus.WaitingFor();
            entries[1] = new PollEntry(descriptor, events);
        } while (thread.Wait(entries, milliseconds));
    }

    private void ApplyWatched()
    {
        var units = Volatile.Read(ref _units);
        if (units != _signals.Units || _signals.IsOutdated)
            _signals.SetWatched(_bus, units, _touched);
    }

    private void Reconnect(WatchThread thread, string cause)
    {
        _bus.Dispose();
        for (var delay = FirstDelay; thread.Sleep(delay); delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                _bus = Connect();
                _sink(new EventsLost(WakeSourceNames.Units, $"{cause} Reconnected.") { At = _clock.GetTimestamp() });
                return;
            }
            catch (CloudletException)
            {
                // It is reported after the next success; until then there is no connection.
            }
        }
    }
}
