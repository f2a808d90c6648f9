namespace Cloudlet.Machine.Systemd;

/// <summary>How the last run of a unit ended, as the service manager reports it; read only on request.</summary>
public sealed record UnitEnd
{
    /// <summary>Type of a service: <c>simple</c>, <c>notify</c>, <c>oneshot</c>, …; empty for other units.</summary>
    public string Type { get; init; } = "";

    /// <summary>True for a service that stays active after its processes have ended.</summary>
    public bool RemainsAfterExit { get; init; }

    /// <summary>Exit status of the last main process, or the number of the signal that ended it.</summary>
    public int Status { get; init; }

    /// <summary>True when a signal ended the last main process (CLD_KILLED, CLD_DUMPED).</summary>
    public bool BySignal { get; init; }

    /// <summary>
    /// Conditions and assertions of the last start that were not met, as in a unit file: <c>ConditionPathExists=/etc/x</c>.
    /// </summary>
    public IReadOnlyList<string> Unmet { get; init; } = [];

    /// <summary>
    /// Conditions and assertions that were not tested since the manager loaded the unit. The manager unloads a unit that does not run and
    /// that no other unit needs, and with it the result of its last start.
    /// </summary>
    public IReadOnlyList<string> Untested { get; init; } = [];
}

/// <summary>Reads how the last run of a unit ended.</summary>
internal static class UnitEndReader
{
    private const string Unit = "org.freedesktop.systemd1.Unit";
    private const string Service = "org.freedesktop.systemd1.Service";

    private const int Killed = 2;
    private const int Dumped = 3;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(25);

    public static UnitEnd Read(BusConnection bus, string unit)
    {
        var isService = unit.EndsWith(".service", StringComparison.Ordinal);
        var code = isService ? Get(Service, "ExecMainCode", "i", static m => m.ReadInt('i')) : 0;
        List<(string Text, int Result)> checks = [.. Checks("Conditions"), .. Checks("Asserts")];
        return new UnitEnd
        {
            Type = isService ? Get(Service, "Type", "s", static m => m.ReadString()) : "",
            RemainsAfterExit = isService && Get(Service, "RemainAfterExit", "b", static m => m.ReadInt('b') != 0),
            Status = isService ? Get(Service, "ExecMainStatus", "i", static m => m.ReadInt('i')) : 0,
            BySignal = code is Killed or Dumped,
            Unmet = [.. checks.Where(static c => c.Result < 0).Select(static c => c.Text)],
            Untested = [.. checks.Where(static c => c.Result == 0).Select(static c => c.Text)],
        };

        List<(string Text, int Result)> Checks(string property) => Get(Unit, property, "a(sbbsi)", ReadChecks);

        T Get<T>(string @interface, string property, string type, Func<BusMessage, T> read)
        {
            using var call = bus.NewCall(UnitReader.PathOf(unit), "org.freedesktop.DBus.Properties", "Get")
                .Append(@interface)
                .Append(property);
            using var reply = bus.Call(call, Timeout, $"read why {unit} does not run");
            reply.Enter('v', type);
            return read(reply);
        }
    }

    /// <summary>
    /// The array of a unit's conditions: name, is a trigger, is negated, parameter, and a result: negative when it was not met, zero
    /// when it was not tested.
    /// </summary>
    private static List<(string Text, int Result)> ReadChecks(BusMessage reply)
    {
        var checks = new List<(string Text, int Result)>();
        reply.Enter('a', "(sbbsi)");
        while (reply.Enter('r', "sbbsi"))
        {
            var name = reply.ReadString();
            var isTrigger = reply.ReadInt('b') != 0;
            var isNegated = reply.ReadInt('b') != 0;
            var parameter = reply.ReadString();
            checks.Add(($"{name}={(isTrigger ? "|" : "")}{(isNegated ? "!" : "")}{parameter}", reply.ReadInt('i')));
            reply.Exit();
        }

        return checks;
    }
}
