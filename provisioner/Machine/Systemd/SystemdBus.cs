using Cloudlet.Errors;

namespace Cloudlet.Machine.Systemd;

/// <summary>
/// A host's service manager over D-Bus. Short calls share one connection, which is opened on first use and again after systemd has
/// re-executed itself; every job has its own connection, so that jobs run in parallel.
/// </summary>
public sealed class SystemdBus : ISystemd, IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan ReloadTimeout = TimeSpan.FromSeconds(90);

    private readonly Lock _lock = new();
    private readonly string? _address;
    private readonly TimeSpan _jobTimeout;
    private BusConnection? _bus;

    /// <summary>Gives access to a service manager; it connects on first use.</summary>
    /// <param name="address">
    /// Null for this host's manager; <c>x-machine-unix:pid=PID</c> for that of a container (PID is its first process; it needs dbus,
    /// because systemd refuses peers from another process namespace on its private socket); else the address of a manager's private socket.
    /// </param>
    /// <param name="jobTimeout">How long to wait for a job, which continues after that; null for five minutes.</param>
    public SystemdBus(string? address = null, TimeSpan? jobTimeout = null)
    {
        _address = address;
        _jobTimeout = jobTimeout ?? TimeSpan.FromMinutes(5);
    }

    /// <inheritdoc/>
    public UnitInfo Get(string unit)
    {
        CheckName(unit);
        return WithBus(bus => UnitTemplates.IsTemplate(unit) ? UnitTemplates.Read(bus, unit) : UnitReader.Read(bus, unit));
    }

    /// <inheritdoc/>
    public UnitEnd GetEnd(string unit)
    {
        CheckName(unit);
        return UnitTemplates.IsTemplate(unit) ? new UnitEnd() : WithBus(bus => UnitEndReader.Read(bus, unit));
    }

    /// <inheritdoc/>
    public string SystemState() =>
        WithBus(bus =>
        {
            using var call = bus.NewCall(BusConnection.ManagerPath, "org.freedesktop.DBus.Properties", "Get")
                .Append(BusConnection.ManagerInterface)
                .Append("SystemState");
            using var reply = bus.Call(call, CallTimeout, "read the state of the system");
            reply.Enter('v', "s");
            return reply.ReadString();
        });

    /// <inheritdoc/>
    public Task StartAsync(string unit, CancellationToken ct) => RunJobAsync("StartUnit", "start", unit, ct);

    /// <inheritdoc/>
    public Task StopAsync(string unit, CancellationToken ct) => RunJobAsync("StopUnit", "stop", unit, ct);

    /// <inheritdoc/>
    public Task RestartAsync(string unit, CancellationToken ct) => RunJobAsync("RestartUnit", "restart", unit, ct);

    /// <inheritdoc/>
    public Task ReloadAsync(string unit, CancellationToken ct) => RunJobAsync("ReloadUnit", "reload", unit, ct);

    /// <inheritdoc/>
    public void Enable(string unit)
    {
        CheckName(unit);
        var (canBeEnabled, changed) = WithBus(bus =>
        {
            // persistent, and without replacing existing links
            using var call = Manager(bus, "EnableUnitFiles").AppendList(unit).Append(false).Append(false);
            using var reply = bus.Call(call, CallTimeout, $"enable {unit}");
            return (reply.ReadInt('b') != 0, HasChanges(reply));
        });
        if (!canBeEnabled)
        {
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"Cannot enable {unit}: it has no [Install] section, so it starts only when another unit asks for it. Leave 'enabled' out."
            );
        }
        if (changed)
            DaemonReload();
    }

    /// <inheritdoc/>
    public void Disable(string unit)
    {
        CheckName(unit);
        var changed = WithBus(bus =>
        {
            using var call = Manager(bus, "DisableUnitFiles").AppendList(unit).Append(false);
            using var reply = bus.Call(call, CallTimeout, $"disable {unit}");
            return HasChanges(reply);
        });
        if (changed)
            DaemonReload();
    }

    /// <inheritdoc/>
    public void Preset(string unit)
    {
        CheckName(unit);
        var changed = WithBus(bus =>
        {
            using var call = Manager(bus, "PresetUnitFiles").AppendList(unit).Append(false).Append(false); // persistent, without force
            using var reply = bus.Call(call, CallTimeout, $"preset {unit}");
            _ = reply.ReadInt('b');
            return HasChanges(reply);
        });
        if (changed)
            DaemonReload();
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> NeedsOf(string unit)
    {
        CheckName(unit);
        return WithBus(bus => UnitReader.ReadNeeds(bus, unit));
    }

    /// <inheritdoc/>
    public void ResetFailed(string unit)
    {
        CheckName(unit);
        try
        {
            WithBus(bus =>
            {
                using var call = Manager(bus, "ResetFailedUnit").Append(unit);
                using var reply = bus.Call(call, CallTimeout, $"reset the failure of {unit}");
                return true;
            });
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound)
        {
            // Not loaded: there is nothing to reset.
        }
    }

    /// <inheritdoc/>
    public void DaemonReload() =>
        WithBus(bus =>
        {
            using var call = Manager(bus, "Reload");
            using var reply = bus.Call(call, ReloadTimeout, "make systemd read its unit files again");
            return true;
        });

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _bus?.Dispose();
            _bus = null;
        }
    }

    private static BusMessage Manager(BusConnection bus, string member) =>
        bus.NewCall(BusConnection.ManagerPath, BusConnection.ManagerInterface, member);

    /// <summary>True when an array of changes, a(sss), has elements.</summary>
    private static bool HasChanges(BusMessage reply)
    {
        reply.Enter('a', "(sss)");
        return reply.Enter('r', "sss");
    }

    /// <summary>Runs a repeatable action over the shared connection, and retries once when the connection was lost.</summary>
    private T WithBus<T>(Func<BusConnection, T> action)
    {
        lock (_lock)
        {
            var fresh = _bus is null;
            try
            {
                return action(_bus ??= BusConnection.Open(_address));
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.Interrupted)
            {
                _bus?.Dispose();
                _bus = null;
                if (fresh)
                    throw;
            }
            return action(_bus = BusConnection.Open(_address));
        }
    }

    private Task RunJobAsync(string method, string verb, string unit, CancellationToken ct)
    {
        CheckName(unit);
        return Task.Factory.StartNew(
            () => RunJob(method, verb, unit, ct),
            ct,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default
        );
    }

    private void RunJob(string method, string verb, string unit, CancellationToken ct)
    {
        using var bus = BusConnection.Open(_address);
        var job = new UnitJob(bus, unit, verb);
        var result = job.Run(method, _jobTimeout, ct);
        if (result is "done" or "skipped") // skipped: the unit's state required nothing
            return;
        var state = UnitReader.Read(bus, unit);
        var what = result is null
            ? $"systemd has not finished the job after {_jobTimeout.TotalSeconds:0} s (we stop waiting, the job continues)"
            : $"the job ended as '{result}'";
        throw new CloudletException(
            result is null ? ErrorKind.Timeout : ErrorKind.ProcessFailed,
            $"Could not {verb} {unit}: {what}; the unit is {state.ActiveState} ({state.SubState}), result "
                + $"{(state.Result.Length == 0 ? "none" : state.Result)}. "
                + $"More: journalctl -b -n 50 -u {unit}"
        );
    }

    private static void CheckName(string unit)
    {
        if (unit.Length is 0 or > 255 || unit.IndexOf('.', StringComparison.Ordinal) <= 0 || unit.AsSpan().ContainsAny('/', '\0', ' '))
        {
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{unit}' is not a valid unit name: it needs a suffix such as .service, and has no slashes or spaces."
            );
        }
    }
}
