using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Machine.Systemd;
using Cloudlet.Resources.Kinds.Units.Configuration;

namespace Cloudlet.Resources.Kinds.Units;

/// <summary>Explains why a unit does not run: from systemd's data, and the unit's last log lines.</summary>
/// <param name="systemd">Reports how it ended.</param>
/// <param name="log">Reads its log; null: left out.</param>
internal sealed class UnitDiagnosis(ISystemd systemd, UnitLog? log)
{
    private const string EndedWell =
        " Its process ended at once, without a failure (exit status 0): if it forks, it needs Type=forking; or is it a job " + "that ends?";

    /// <summary>Sentences for the end of a message, each after a space; empty when nothing is known.</summary>
    public async Task<string> OfAsync(UnitSpec unit, UnitInfo now, CancellationToken ct)
    {
        try
        {
            var said = log is null ? [] : await log.LastAsync(unit, now, ct);
            return $"{Cause(systemd.GetEnd(unit.Name), now, said, wasStarted: true)}{Said(said)}";
        }
        catch (CloudletException)
        {
            return ""; // report the original failure, even without a diagnosis
        }
    }

    /// <summary>
    /// Why a unit that should run does not, although we have not just started it; null when nothing is known, or when it never
    /// ran.
    /// </summary>
    public async Task<string?> WhyAsync(UnitSpec unit, CancellationToken ct)
    {
        try
        {
            var (now, end) = (systemd.Get(unit.Name), systemd.GetEnd(unit.Name));
            if (now.LoadState != "loaded" || now.IsRunning())
                return null;
            IReadOnlyList<string> said =
                log is null || (now.Started is null && end.Unmet.Count + end.Untested.Count == 0) ? [] : await log.LastAsync(unit, now, ct);
            var cause = Cause(end, now, said, wasStarted: false).Trim();
            var state =
                now.ActiveState == "activating" ? $"It is starting ({now.SubState})."
                : now.ActiveState == "failed" ? "It has failed."
                : "";
            return cause.Length == 0 && state.Length == 0 ? null : $"{state} {cause}{Said(said)}".Trim();
        }
        catch (CloudletException)
        {
            return null;
        }
    }

    private static string Said(IReadOnlyList<string> said) => said.Count == 0 ? "" : $" It said: {string.Join(" | ", said)}";

    private static string Cause(UnitEnd end, UnitInfo now, IReadOnlyList<string> said, bool wasStarted) =>
        (end, now) switch
        {
            (_, { ActiveState: not "activating" }) when Unmet(end, now, said) is { } unmet =>
                $" systemd skipped its start, because this is not met: {unmet}. Meet the condition, or remove it from the unit.",
            (_, { ActiveState: "inactive", Started: null }) when !wasStarted => "",
            ({ Type: "oneshot", RemainsAfterExit: false }, { Result: "success", ActiveState: "inactive" }) =>
                " It is a oneshot that finished successfully and does not remain active, so it never counts as running. Add "
                    + "RemainAfterExit=yes to its [Service], or leave `running` out and let a "
                    + "timer or another unit start it.",
            (_, { Result: "timeout" }) => " Its start took longer than its TimeoutStartSec= allows (result timeout).",
            (_, { Result: "success", ActiveState: "inactive" }) when !wasStarted =>
                " It was stopped, or its process ended without a failure (result success).",
            (_, { Result: "success", ActiveState: "inactive" }) => $"{EndedWell}{MayBe(end, now, said)}",
            ({ BySignal: true }, { Result.Length: > 0 }) => $" Its process was ended by signal {end.Status} (result {now.Result}).",
            ({ Status: not 0 }, { Result.Length: > 0 }) =>
                $" Its process ended with exit status {end.Status}{Meaning(end.Status)} (result {now.Result}).",
            (_, { Result.Length: > 0, ActiveState: "failed" }) => $" Its result is {now.Result}.",
            _ => "",
        };

    /// <summary>
    /// The conditions that were not met; null: none is known. For a unit that the manager has already forgotten, only the log has
    /// them, in the wording of its version: <c>was skipped because of an unmet condition check
    /// (ConditionPathExists=/etc/x)</c>, or without a name before version 250; of assertions <c>Assertion failed</c> or <c>asserts
    /// failed</c>.
    /// </summary>
    private static string? Unmet(UnitEnd end, UnitInfo now, IReadOnlyList<string> said)
    {
        if (end.Unmet.Count > 0)
            return string.Join(", ", end.Unmet);
        if (now.Started is not null || end.Untested.Count == 0 || said.Count == 0 || !IsSkip(said[^1]))
            return null;
        var named = end.Untested.Where(c => said[^1].Contains($"({c})", StringComparison.Ordinal)).ToList();
        string[] kind = [.. end.Untested.Where(c => c.StartsWith("Assert", StringComparison.Ordinal) == IsAssertion(said[^1]))];
        return named.Count > 0 ? string.Join(", ", named)
            : kind.Length == 1 ? kind[0]
            : $"one of {string.Join(", ", kind.Length > 0 ? kind : end.Untested)}";
    }

    private static bool IsSkip(string line) =>
        line.Contains(" was skipped because ", StringComparison.Ordinal)
        || line.Contains("Condition check resulted in ", StringComparison.Ordinal)
        || IsAssertion(line);

    private static bool IsAssertion(string line) =>
        line.Contains("Assertion failed", StringComparison.Ordinal) || line.Contains("asserts failed", StringComparison.Ordinal);

    /// <summary>Without a log, a skipped start and a successful exit look the same afterwards.</summary>
    private static string MayBe(UnitEnd end, UnitInfo now, IReadOnlyList<string> said) =>
        now.Started is null && end.Untested.Count > 0 && said.Count == 0
            ? $" Or systemd skipped its start, because one of these is not met: {string.Join(", ", end.Untested)}."
            : "";

    /// <summary>Exit statuses that systemd itself sets for a process that it could not start (systemd.exec(5)).</summary>
    private static string Meaning(int status) =>
        status switch
        {
            200 => ", its working directory cannot be entered",
            203 => ", its program cannot be executed: does it exist, and is it executable?",
            216 => ", its group is not known",
            217 => ", its user is not known",
            226 => ", its namespace could not be created",
            _ => "",
        };
}
