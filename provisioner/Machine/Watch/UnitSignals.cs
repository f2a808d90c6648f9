using Cloudlet.Errors;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Machine.Watch;

/// <summary>
/// Determines which watched units a signal of systemd is about. Two kinds need care: when a unit that is not loaded is observed, systemd
/// loads it, sends UnitNew, unloads it again, and sends UnitRemoved. If these counted as changes, every observation would cause the next
/// one.
/// </summary>
internal sealed class UnitSignals
{
    /// <summary>Match rules for a bus daemon.</summary>
    internal static readonly string[] Rules =
    [
        $"type='signal',path='{BusConnection.ManagerPath}',interface='{BusConnection.ManagerInterface}'",
        $"type='signal',path_namespace='{BusConnection.ManagerPath}/unit',interface='{PropertiesInterface}',member='PropertiesChanged'",
        $"type='signal',interface='{DaemonInterface}',member='NameOwnerChanged',arg0='org.freedesktop.systemd1'",
    ];

    private const string PropertiesInterface = "org.freedesktop.DBus.Properties";
    private const string DaemonInterface = "org.freedesktop.DBus";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(25);

    // systemd's signals have the id of a unit, which differs from the watched name if that is an alias.
    private readonly Dictionary<string, HashSet<string>> _namesById = [];
    private readonly HashSet<string> _changedSinceLoaded = [];

    /// <summary>The watched units.</summary>
    internal IReadOnlyCollection<string> Units { get; private set; } = [];

    /// <summary>True when the ids of the watched units may have changed.</summary>
    internal bool IsOutdated { get; set; }

    /// <summary>
    /// Replaces the watched units, and reads their ids. Adds to <paramref name="touched"/> those whose events may have been missed so far.
    /// </summary>
    internal void SetWatched(BusConnection bus, IReadOnlyCollection<string> units, HashSet<string> touched)
    {
        Units = units;
        var before = _namesById.SelectMany(id => id.Value.Select(name => (id.Key, name))).ToHashSet();
        _namesById.Clear();
        foreach (var unit in units)
        {
            var id = IdOf(bus, unit);
            if (id != unit && !before.Contains((id, unit)))
                touched.Add(unit);
            Note(id, unit);
            Note(unit, unit); // in case it stops being an alias
        }
        IsOutdated = false;
    }

    /// <summary>
    /// Adds the units that a message is about. Errors: Interrupted when systemd has a new connection to the bus, so that we have to
    /// subscribe again.
    /// </summary>
    internal void Take(BusConnection bus, BusMessage message, HashSet<string> touched)
    {
        if (message.IsSignal(PropertiesInterface, "PropertiesChanged"))
        {
            if (UnitReader.NameOf(message.Path) is { } unit)
                Touch(unit, touched);
        }
        else if (
            message.IsSignal(BusConnection.ManagerInterface, "JobNew") || message.IsSignal(BusConnection.ManagerInterface, "JobRemoved")
        )
        {
            message.Skip("uo");
            Touch(message.ReadString(), touched);
        }
        else if (message.IsSignal(BusConnection.ManagerInterface, "UnitNew"))
        {
            if (message.ReadString() is var unit && _namesById.ContainsKey(unit) && IsInUse(bus, unit))
                Touch(unit, touched);
        }
        else if (message.IsSignal(BusConnection.ManagerInterface, "UnitRemoved"))
        {
            if (message.ReadString() is var unit && _changedSinceLoaded.Remove(unit))
                touched.UnionWith(_namesById.GetValueOrDefault(unit) ?? []);
        }
        else if (IsAboutFiles(message))
        {
            touched.UnionWith(Units);
            IsOutdated = true;
        }
        else if (message.IsSignal(DaemonInterface, "NameOwnerChanged"))
        {
            throw new CloudletException(ErrorKind.Interrupted, "systemd left the bus or reconnected. The subscription is renewed.");
        }
    }

    /// <summary>True for UnitFilesChanged and for the end of a reload; at its beginning nothing has changed yet.</summary>
    private static bool IsAboutFiles(BusMessage message) =>
        message.IsSignal(BusConnection.ManagerInterface, "UnitFilesChanged")
        || (message.IsSignal(BusConnection.ManagerInterface, "Reloading") && message.ReadInt('b') == 0);

    private void Touch(string id, HashSet<string> touched)
    {
        if (!_namesById.TryGetValue(id, out var names))
            return;
        touched.UnionWith(names);
        _changedSinceLoaded.Add(id);
    }

    private void Note(string id, string name)
    {
        if (!_namesById.TryGetValue(id, out var names))
            _namesById[id] = names = [];
        names.Add(name);
    }

    private static string IdOf(BusConnection bus, string unit)
    {
        try
        {
            using var call = bus.NewCall(UnitReader.PathOf(unit), PropertiesInterface, "Get")
                .Append("org.freedesktop.systemd1.Unit")
                .Append("Id");
            using var reply = bus.Call(call, Timeout, $"read the id of {unit}");
            reply.Enter('v', "s");
            return reply.ReadString();
        }
        catch (CloudletException e) when (e.Kind is not (ErrorKind.Interrupted or ErrorKind.Timeout or ErrorKind.Unreachable))
        {
            return unit; // not a valid name, or we may not read it
        }
    }

    /// <summary>True when a unit is not just loaded. This query does not load it.</summary>
    private static bool IsInUse(BusConnection bus, string unit)
    {
        using var call = bus.NewCall(BusConnection.ManagerPath, BusConnection.ManagerInterface, "ListUnitsByPatterns")
            .AppendList()
            .AppendList(unit);
        using var reply = bus.Call(call, Timeout, $"look for {unit}");
        reply.Enter('a', "(ssssssouso)");
        while (reply.Enter('r', "ssssssouso"))
        {
            reply.Skip("sss");
            if (reply.ReadString() != "inactive")
                return true;
            reply.Skip("ssouso");
            reply.Exit();
        }
        return false;
    }
}
