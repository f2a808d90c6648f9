using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Units;

/// <summary>
/// Finds hanging processes. One observation is not enough, because every service waits most of the time. So this remembers earlier
/// observations, and is used only by a daemon that observes repeatedly; without that memory every process counts as alive. Thread-safe.
/// </summary>
/// <param name="processes">Observes processes.</param>
/// <param name="systemd">Tells whether a unit is frozen.</param>
/// <param name="clock">Monotonic: changes of the time of day do not affect it.</param>
public sealed class UnitActivity(IProcessActivity processes, ISystemd systemd, TimeProvider clock)
{
    /// <summary>
    /// Observations needed before a process is reported as hanging, whatever the clock says: if this process itself was suspended for an
    /// hour, it observed nothing in that hour.
    /// </summary>
    private const int LeastLooks = 4;

    /// <summary>Observations within the time after which a process hangs; each reads a small file per thread.</summary>
    private const int UsualLooks = 8;

    private readonly Lock _turn = new();
    private readonly Dictionary<string, Seen> _units = [];

    /// <summary>True when the next observation of the unit is due.</summary>
    public bool IsDue(UnitSpec unit)
    {
        lock (_turn)
            return unit.HungAfterSeconds is { } seconds
                && !(
                    _units.TryGetValue(unit.Name, out var seen)
                    && clock.GetElapsedTime(seen.At) < TimeSpan.FromSeconds(seconds) / UsualLooks
                );
    }

    /// <summary>
    /// Observes the processes of a running unit. A frozen unit, and a process that is stopped by a signal, held by a debugger or only
    /// waiting for a processor, are alive: a restart would not help.
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

    /// <summary>Forgets the units for which <paramref name="isMeant"/> is false.</summary>
    public void Forget(Func<string, bool> isMeant)
    {
        lock (_turn)
        {
            foreach (var name in _units.Keys.Where(name => !isMeant(name)).ToList())
                _units.Remove(name);
        }
    }

    /// <summary>The processes that have not run for that time.</summary>
    private List<ProcessActivity> Remember(string unit, IReadOnlyList<ProcessActivity> now, TimeSpan hungAfter)
    {
        var at = clock.GetTimestamp();
        var waiting = new Dictionary<(int, long), Wait>();
        lock (_turn)
        {
            var before = _units.GetValueOrDefault(unit);
            var passed = before is null ? TimeSpan.Zero : clock.GetElapsedTime(before.At, at);
            var counted = passed < hungAfter / LeastLooks ? passed : hungAfter / LeastLooks;
            foreach (var process in now)
                if (process.Stance is ProcessStance.Waits or ProcessStance.WaitsInKernel)
                    waiting[(process.Pid, process.Started)] = new Wait(
                        process.Moves,
                        Before(process) is { } last && last.Moves == process.Moves ? last.Still + counted : TimeSpan.Zero
                    );
            _units[unit] = new Seen(at, waiting);

            Wait? Before(ProcessActivity process) => before?.Waiting.GetValueOrDefault((process.Pid, process.Started));
        }

        return [.. now.Where(p => waiting.TryGetValue((p.Pid, p.Started), out var wait) && wait.Still >= hungAfter)];
    }

    /// <summary>An observation of a unit.</summary>
    /// <param name="At">Its time, by the monotonic clock.</param>
    /// <param name="Waiting">The processes that were waiting.</param>
    private sealed record Seen(long At, Dictionary<(int Pid, long Started), Wait> Waiting);

    /// <summary>A waiting process.</summary>
    /// <param name="Moves">Its progress counter.</param>
    /// <param name="Still">How long the counter had not changed.</param>
    private sealed record Wait(long Moves, TimeSpan Still);
}
