using Cloudlet.DesiredState.Units;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Units;

/// <summary>
/// Finds processes that do not run any more although nobody stopped them. One look shows nothing: every service waits most of the time. So this remembers the earlier looks, and belongs to whoever looks again and again;
/// without that memory every process is alive. Safe for several threads.
/// </summary>
/// <param name="processes">Looks at processes.</param>
/// <param name="systemd">Says whether a unit is frozen.</param>
/// <param name="clock">Measures; steps of the time of day do not move it.</param>
public sealed class UnitActivity(IProcessActivity processes, ISystemd systemd, TimeProvider clock)
{
    /// <summary>Looks a process that hangs is seen in before it is said to, whatever the clock says: if this process itself did not run for an hour, nothing was seen in that hour.</summary>
    private const int LeastLooks = 4;

    /// <summary>Looks within the time after which a process hangs; they cost a read of a small file a thread.</summary>
    private const int UsualLooks = 8;

    private readonly Lock turn = new();
    private readonly Dictionary<string, Seen> units = [];

    /// <summary>True when enough time has passed for another look at the unit.</summary>
    public bool IsDue(UnitSpec unit)
    {
        lock (turn)
            return unit.HungAfterSeconds is { } seconds && !(units.TryGetValue(unit.Name, out var seen) && clock.GetElapsedTime(seen.At) < TimeSpan.FromSeconds(seconds) / UsualLooks);
    }

    /// <summary>
    /// Looks at the processes of a running unit. A unit that somebody has frozen, and a process that a signal stopped, that a debugger holds or that only wants a processor, are alive: to start them anew would help nobody.
    /// </summary>
    /// <param name="unit">The unit, and how long its processes may wait.</param>
    /// <param name="mainPid">Its main process.</param>
    public Liveness Look(UnitSpec unit, int mainPid)
    {
        if (unit.HungAfterSeconds is not { } seconds || mainPid <= 0)
            return Liveness.Alive;
        var hung = Remember(unit.Name, processes.Look(mainPid), TimeSpan.FromSeconds(seconds));
        if (hung.Count == 0)
            return Liveness.Alive;
        if (!systemd.Get(unit.Name).IsFrozen)
            return hung.Exists(p => p.Stance == ProcessStance.WaitsInKernel) ? Liveness.Stuck : Liveness.Hung;
        Forget(name => name != unit.Name);
        return Liveness.Alive;
    }

    /// <summary>Forgets the units that <paramref name="isMeant"/> is false for.</summary>
    public void Forget(Func<string, bool> isMeant)
    {
        lock (turn)
        {
            foreach (var name in units.Keys.Where(name => !isMeant(name)).ToList())
                units.Remove(name);
        }
    }

    /// <summary>The processes that have not run for so long.</summary>
    private List<ProcessActivity> Remember(string unit, IReadOnlyList<ProcessActivity> now, TimeSpan hungAfter)
    {
        var at = clock.GetTimestamp();
        var waiting = new Dictionary<(int, long), Wait>();
        lock (turn)
        {
            var before = units.GetValueOrDefault(unit);
            var passed = before is null ? TimeSpan.Zero : clock.GetElapsedTime(before.At, at);
            var counted = passed < hungAfter / LeastLooks ? passed : hungAfter / LeastLooks;
            foreach (var process in now)
                if (process.Stance is ProcessStance.Waits or ProcessStance.WaitsInKernel)
                    waiting[(process.Pid, process.Started)] = new Wait(process.Moves, Before(process) is { } last && last.Moves == process.Moves ? last.Still + counted : TimeSpan.Zero);
            units[unit] = new Seen(at, waiting);

            Wait? Before(ProcessActivity process) => before?.Waiting.GetValueOrDefault((process.Pid, process.Started));
        }

        return [.. now.Where(p => waiting.TryGetValue((p.Pid, p.Started), out var wait) && wait.Still >= hungAfter)];
    }

    /// <summary>A look at a unit.</summary>
    /// <param name="At">When it was looked at, by the monotonic clock.</param>
    /// <param name="Waiting">Its processes that waited then.</param>
    private sealed record Seen(long At, Dictionary<(int Pid, long Started), Wait> Waiting);

    /// <summary>A process that waited.</summary>
    /// <param name="Moves">How far it had come.</param>
    /// <param name="Still">For how long it had been there already.</param>
    private sealed record Wait(long Moves, TimeSpan Still);
}
