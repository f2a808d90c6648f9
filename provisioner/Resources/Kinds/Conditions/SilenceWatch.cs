using System.Collections.Concurrent;
using Cloudlet.Converge.Healing;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Conditions;

/// <summary>How long the present run of a unit has not given the expected answer, for the health daemon.</summary>
internal sealed class SilenceWatch(ISystemd systemd, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, (string Run, long Since)> _silent = new(StringComparer.Ordinal);

    /// <summary>The condition holds.</summary>
    public void Answered(string id) => _silent.TryRemove(id, out _);

    /// <summary>
    /// True when the unit of a condition that does not hold has to be restarted. Only a unit that runs: any other one is not silent, and
    /// the kind of units or an operator decides about it.
    /// </summary>
    public bool IsRestartDue(ConditionSpec spec, HealConditions now)
    {
        if (spec.RestartUnit is not { } name || name == HealthCompiler.Unit)
            return false;
        var unit = systemd.Get(name);
        if (unit is not { ActiveState: "active", LoadState: "loaded", IsFrozen: false })
        {
            Answered(spec.Id);
            return false;
        }

        var time = clock.GetTimestamp();
        var silent = _silent.GetOrAdd(spec.Id, (unit.InvocationId, time));
        if (silent.Run != unit.InvocationId)
            _silent[spec.Id] = silent = (unit.InvocationId, time);
        return !now.HostNameChanged && clock.GetElapsedTime(silent.Since, time) >= AfterOf(spec);
    }

    /// <summary>How long the unit may be silent.</summary>
    public static TimeSpan AfterOf(ConditionSpec spec) => TimeSpan.FromSeconds(spec.RestartAfterSeconds ?? ConditionSpec.UsualRestartAfter);
}
