using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Packages;
using Cloudlet.DesiredState.Units;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Healthd.Heal;

/// <summary>What is decided about one deviation.</summary>
/// <param name="State">How the resource is from now on, unless it is healed.</param>
/// <param name="Because">Why nothing is done; null: it is healed.</param>
public sealed record Verdict(ResourceState State, string? Because)
{
    /// <summary>Heal it.</summary>
    public static Verdict Act { get; } = new(ResourceState.Waiting, null);

    /// <summary>The alarm to raise; null: none.</summary>
    public AlarmKind? Alarm { get; init; }

    /// <summary>The daemon itself is what runs on an old configuration: it ends, and systemd starts it anew.</summary>
    public bool StartsAnew { get; init; }

    /// <summary>When to look again without any event; null: an event or the full look will do.</summary>
    public TimeSpan? LookAgain { get; init; }
}

/// <summary>What is known of the host beside its resources.</summary>
/// <param name="Hold">An active hold, or null.</param>
/// <param name="HostNameChanged">True when the host's name is not the recorded one.</param>
/// <param name="IsBooting">True while systemd still works on the boot, or on the start of the daemon itself.</param>
/// <param name="RestartsReleased">True when deferred restarts were released.</param>
public sealed record Circumstances(Hold? Hold, bool HostNameChanged, bool IsBooting, bool RestartsReleased);

/// <summary>
/// Do no harm: what the daemon does not touch although it deviates. An operator's decision (disabled, masked, held) counts more than the description; a person who wants the description runs <c>cloudlet apply</c>.
/// </summary>
public sealed class Policy(HealthSettings settings, Ledger ledger)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>The kernel tells nobody of us that the host's name has changed, or that a disk is back.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(10);

    /// <summary>Judges a deviation.</summary>
    /// <param name="change">The deviation.</param>
    /// <param name="now">What else is known.</param>
    /// <param name="unit">Asks the service manager about a unit.</param>
    public Verdict Judge(PlannedChange change, Circumstances now, Func<string, UnitInfo> unit)
    {
        if (now.Hold is { } hold)
            return new Verdict(ResourceState.Held, $"held by {hold.Owner} until {hold.Expires:u}: {hold.Reason}");
        var verdict = change.Spec switch
        {
            PackageSpec package => new Verdict(ResourceState.LeftAlone, $"{package.Name} is not as described; packages are changed by `cloudlet apply` only") { Alarm = AlarmKind.PackageMissing },
            UnitSpec spec => JudgeUnit(spec, change, now, unit(spec.Name)),
            _ => Verdict.Act,
        };
        return verdict == Verdict.Act ? JudgeBudget(change) : verdict;
    }

    private Verdict JudgeUnit(UnitSpec spec, PlannedChange change, Circumstances now, UnitInfo unit)
    {
        if (spec.Name == HealthCompiler.Unit)
            return IsStale(change)
                ? new Verdict(ResourceState.Waiting, "the daemon starts anew, to load its settings and program as they are now") { StartsAnew = true }
                : new Verdict(ResourceState.LeftAlone, "the daemon leaves its own unit to systemd");
        if (unit.LoadState == "masked" || unit.UnitFileState is "masked" or "masked-runtime")
            return new Verdict(ResourceState.LeftAlone, $"an operator masked {spec.Name}; `systemctl unmask {spec.Name}` gives it back") { Alarm = AlarmKind.OperatorMasked };
        if (spec.Enabled == true && unit.UnitFileState == "disabled")
            return new Verdict(ResourceState.LeftAlone, $"an operator disabled {spec.Name}; `systemctl enable {spec.Name}` or `cloudlet apply` enables it") { Alarm = AlarmKind.OperatorDisabled };
        if (now.HostNameChanged)
            return new Verdict(ResourceState.LeftAlone, "the host's name is not the recorded one, so no unit is started or restarted; set the name back, or confirm it with `cloudlet apply`") { Alarm = AlarmKind.HostNameChanged, LookAgain = Later };
        if (now.IsBooting)
            return new Verdict(ResourceState.Waiting, "the host is booting") { LookAgain = Soon };
        if (unit.ActiveState is "activating" or "deactivating" or "reloading")
            return new Verdict(ResourceState.Waiting, $"systemd is working on it ({unit.ActiveState}, {unit.SubState})") { LookAgain = Soon };
        if (Judgement.LivenessOf(change) == Liveness.Stuck)
            return new Verdict(ResourceState.LeftAlone, $"a process of {spec.Name} (main process {unit.MainPid}) waits in the kernel for a disk or a network file system and has not run for {spec.HungAfterSeconds} s; it cannot be ended, so a restart would wait too: see to that disk (`cat /proc/PID/stack`, `dmesg`)") { Alarm = AlarmKind.ProcessStuck, LookAgain = Later };
        return IsStale(change) && settings.Restarts == Restarts.Deferred && !now.RestartsReleased
            ? new Verdict(ResourceState.Deferred, $"{change.Properties[0].From}; `cloudlet release --restarts` or `cloudlet apply` restarts it")
            : Verdict.Act;
    }

    private static bool IsStale(PlannedChange change) => change.Properties.Count > 0 && change.Properties.All(p => p.Path == "configuration");

    private Verdict JudgeBudget(PlannedChange change) => ledger.Ask(change.Id) switch
    {
        Allowance.Now => Verdict.Act,
        Allowance.GivenUp => new Verdict(ResourceState.GivenUp, "given up after repeated failures; it is tried again when something about it changes, at a full look, or by `cloudlet apply`"),
        Allowance.AfterFailure => new Verdict(ResourceState.Waiting, "the last attempt failed"),
        _ => new Verdict(ResourceState.Waiting, "it deviates again and again; heals are rationed") { Alarm = AlarmKind.Flapping },
    };
}
