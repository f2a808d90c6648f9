namespace Cloudlet.Machine.Systemd;

/// <summary>Queues one job and waits for the JobRemoved signal with its result.</summary>
internal sealed class UnitJob(BusConnection bus, string unit, string verb)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(25);

    /// <summary>
    /// The job's result, e.g. <c>done</c>, <c>failed</c>, <c>dependency</c>, <c>canceled</c>, <c>timeout</c>; null when we stopped waiting.
    /// </summary>
    public string? Run(string method, TimeSpan timeout, CancellationToken ct)
    {
        // Subscribe before the call: the job may end before we know its path. Signals wait in the connection's queue until then.
        bus.Listen($"type='signal',path='{BusConnection.ManagerPath}',interface='{BusConnection.ManagerInterface}',member='JobRemoved'");
        using var call = bus.NewCall(BusConnection.ManagerPath, BusConnection.ManagerInterface, method).Append(unit).Append("replace");
        using var reply = bus.Call(call, CallTimeout, $"{verb} {unit}");
        var job = reply.ReadString('o');
        string? result = null;
        bus.WaitForSignal(signal => (result = ResultOf(signal, job)) is not null, timeout, ct);
        return result;
    }

    /// <summary>The result in a JobRemoved signal (u id, o job, s unit, s result) of our job, else null.</summary>
    private static string? ResultOf(BusMessage signal, string job)
    {
        if (!signal.IsSignal(BusConnection.ManagerInterface, "JobRemoved"))
            return null;
        signal.ReadInt('u');
        if (signal.ReadString('o') != job)
            return null;
        signal.Skip("s");
        return signal.ReadString();
    }
}
