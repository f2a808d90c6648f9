using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>The compute service does not run.</summary>
internal sealed class ServiceDown : ICause
{
    public CauseKind Kind => CauseKind.ServiceDown;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.PlacementProviderMissing, CauseKind.HostNotMapped, CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        if (situation.ComputeUnitState is { } unit)
            return unit.IsDown ? Ended(unit, situation) : null;
        if (situation.Compute is not { IsUp: false, IsForcedDown: false } service)
            return null;
        return new Finding(
            Kind,
            Situation.ComputeUnit,
            Certainty.Likely,
            "Nova has no report from the compute service; whether its unit runs could not be seen"
        )
        {
            Evidence = [service.Quote()],
            Heals = "It starts the unit where that is described.",
            Remedy = "Run `cloudlet explain` on the host itself, which sees more.",
        };
    }

    private Finding Ended(UnitState unit, Situation situation)
    {
        var byOperator = unit.IsMasked || unit.UnitFileState == "disabled";
        var state =
            unit.IsMasked ? "masked"
            : unit.ActiveState == "failed" ? $"failed ({unit.Result})"
            : unit.IsBetweenStarts ? "between two starts"
            : "stopped";
        return new Finding(
            Kind,
            unit.Name,
            Certainty.Sure,
            $"{unit.Name} is {state}{(byOperator && !unit.IsMasked ? ", and disabled" : "")}"
        )
        {
            Evidence = Quotes.All(
                new Evidence(unit.Exhibit, unit.Quote("ActiveState", "SubState", "Result", "ExecMainStatus", "UnitFileState")),
                situation.Compute?.Quote(),
                situation.QuoteFault()
            ),
            Heals = byOperator
                ? "Nothing, on purpose: an operator disabled or masked the unit."
                : "It starts the unit where that is described.",
            Remedy = unit.IsMasked
                ? $"If the mask is no longer needed: `systemctl unmask {unit.Name}`, then start it."
                : $"`systemctl start {unit.Name}`; `journalctl --unit={unit.Name}` shows why it exited.",
        };
    }
}

/// <summary>The compute service runs and does nothing.</summary>
internal sealed class ServiceHung : ICause
{
    public CauseKind Kind => CauseKind.ServiceHung;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.PlacementProviderMissing, CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        if (situation.ComputeUnitState is not { IsActive: true } unit)
            return null;
        var isSilent = situation.Compute is { IsUp: false, IsForcedDown: false };
        var isUnheard = situation is { Services: not null, Compute: null };
        if (!unit.IsStopped && !isSilent && !isUnheard)
            return null;
        var what =
            unit.IsStopped ? "its process is stopped by a signal"
            : unit.IsStuck ? "its process waits for a disk or network file system"
            : isUnheard ? "Nova has never received a report from it under this name"
            : "Nova has no report from it";
        return new Finding(
            Kind,
            unit.Name,
            unit.IsStopped ? Certainty.Sure
                : isSilent ? Certainty.Likely
                : Certainty.Possible,
            $"{unit.Name} runs, and {what}"
        )
        {
            Evidence = Quotes.All(
                unit.IsStopped || unit.IsStuck ? new Evidence(ExhibitIds.Process(unit.Name), unit.ProcessState!) : null,
                unit.QuoteState(),
                situation.Compute?.Quote() ?? (situation.Services is null ? null : new Evidence(ExhibitIds.Services, Others(situation)))
            ),
            Heals =
                unit.IsStopped ? "It resumes the process, or restarts the unit where that is described."
                : unit.IsStuck ? "It only raises an alarm: such a process cannot be killed, so a restart would hang too."
                : "It restarts the unit when nothing in its process has run for `hungAfter`, where that is described (two minutes "
                    + "with Nova's roles). It does nothing about a process that runs and does not report, "
                    + "because it does not ask Nova.",
            Remedy =
                unit.IsStopped ? $"`kill -CONT {Pid(unit)}` if it was stopped on purpose, else `systemctl restart {unit.Name}`."
                : unit.IsStuck ? $"Restore the disk or file system that it waits for (`cat /proc/{Pid(unit)}/stack`, `dmesg`)."
                : $"See the last lines of its log, then `systemctl restart {unit.Name}`.",
        };
    }

    private static string Pid(UnitState unit) => unit.MainPid?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "PID";

    private static string Others(Situation situation) =>
        situation.Services is { Count: > 0 } all
            ? $"there are {string.Join(", ", all.Take(8).Select(s => $"{s.Binary} on {s.Host}"))}"
            : "there are no services";
}
