using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.Explain;

namespace Cloudlet.Cli.Output;

/// <summary>Report for users: changes as a tree, progress as it happens, one summary line.</summary>
internal sealed class HumanReport(TextWriter output, TextWriter errors, bool colours, bool manyHosts) : IReport
{
    private readonly Lock _gate = new();
    private ChangeTree? _tree;

    public ConvergeEventSink ForHost(string host, string reach) =>
        happened =>
        {
            lock (_gate)
                Show(host, reach, happened);
        };

    public void Problems(IReadOnlyList<Problem> problems)
    {
        foreach (var problem in problems)
            errors.WriteLine($"{Paint(Colour.Red, "error")}: {problem}");
        errors.WriteLine($"{Count(problems.Count, "problem")}; nothing was touched.");
    }

    public void Summary(IReadOnlyList<HostOutcome> outcomes)
    {
        if (outcomes.Count < 2)
            return;
        output.WriteLine();
        var parts = outcomes
            .GroupBy(o => o.Word())
            .OrderBy(g => g.Key)
            .Select(g =>
            {
                var names = g.Key < OutcomeWord.WouldChange ? "" : $" ({string.Join(", ", g.Select(o => o.Host))})";
                return $"{g.Count()} {HostOutcome.TextOf(g.Key)}{names}";
            });
        output.WriteLine($"{Count(outcomes.Count, "host")}: {string.Join(", ", parts)}.");
    }

    private void Show(string host, string reach, ConvergeEvent happened)
    {
        // Texts from a host are not trusted: they must not control the terminal.
        var prefix = manyHosts ? $"{Paint(Colour.Grey, host)}: " : "";
        switch (happened)
        {
            case Planned { Changes.Count: 0, Kept: { } kept } planned:
                Tree().Write(host, reach, [], kept);
                output.WriteLine($"{prefix}{Count(planned.Resources, "resource")} as described; nothing to do.");
                break;
            case Planned { Changes.Count: > 0 } planned:
                Tree().Write(host, reach, planned.Changes, planned.Kept);
                output.WriteLine(Tally(planned.Changes, planned.Resources));
                break;
            case Planned planned:
                output.WriteLine($"{prefix}{Count(planned.Resources, "resource")} as described; nothing to do.");
                break;
            case ChangeStarted { Id: var id } when id.StartsWith("package:", StringComparison.Ordinal):
                output.WriteLine($"{prefix}  … {PlainText.Of(id)}");
                break;
            case ChangeDone { Properties.Count: 0, Action: ChangeAction.Refresh } done:
                output.WriteLine($"{prefix}  {Paint(Colour.Grey, "=")} {PlainText.Of(done.Id)} still as described");
                break;
            case ChangeDone done:
                output.WriteLine(
                    $"{prefix}  {Paint(Colour.Green, "✓")} {PlainText.Of(done.Id)} {Done(done.Action)} "
                        + $"{Paint(Colour.Grey, Time(done.Milliseconds))}"
                );
                break;
            case ChangeFailed failed:
                output.WriteLine($"{prefix}  {Paint(Colour.Red, "✗")} {PlainText.Of(failed.Id)}: {PlainText.Of(failed.Message)}");
                break;
            case ChangeSkipped skipped:
                output.WriteLine(
                    $"{prefix}  {Paint(Colour.Yellow, "-")} {PlainText.Of(skipped.Id)} left alone, because "
                        + $"{PlainText.Of(skipped.Because)} failed"
                );
                break;
            case Noticed noticed:
                output.WriteLine($"{prefix}{Paint(Colour.Yellow, "note")}: {PlainText.Of(noticed.Message)}");
                break;
            case Verified { Drift.Count: > 0 } verified:
                output.WriteLine($"{prefix}{Paint(Colour.Yellow, "not as described")}:");
                Tree().Write(host, reach, verified.Drift, verified.Kept);
                break;
            case Verified { Kept: { } kept }:
                Tree().Write(host, reach, [], kept);
                break;
            case Owned owned:
                output.WriteLine(
                    $"{prefix}{Paint(Colour.Yellow, "note")}: this host is described by {PlainText.Of(owned.Owner.ToString())} since "
                        + $"{owned.Since:u}; "
                        + $"{(owned.IsTakenOver ? "it is taken over" : "an apply needs --take-over")}"
                );
                break;
            case RollbackStarted back:
                output.WriteLine(
                    $"{prefix}{Paint(Colour.Yellow, "going back")} to the state before run {PlainText.Of(back.Run)}: "
                        + $"{PlainText.Of(back.Because)}"
                );
                break;
            default:
                ShowReport(prefix, host, happened);
                break;
        }
    }

    /// <summary>Shows the answer of a verb, and how a run ended.</summary>
    private void ShowReport(string prefix, string host, ConvergeEvent happened)
    {
        switch (happened)
        {
            case StateReported state:
                ShowState(prefix, host, state);
                break;
            case HealthReported health:
                new HealthReport(output, colours).Write(prefix, health);
                break;
            case CheckStepEnded or CheckWaiting or CheckFinished:
                new CheckText(output, colours).Write(prefix, happened);
                break;
            case EvidenceTaken or SecretsGiven:
                break;
            case Explained explained:
                new ExplanationText(output).Write(Explanation.Parse(explained.Explanation.GetRawText()));
                break;
            case Refused refused:
                errors.WriteLine($"{Paint(Colour.Red, "error")}: {host}: {PlainText.Of(refused.Message)}");
                break;
            case Finished finished:
                output.WriteLine(prefix + Ending(finished));
                break;
        }
    }

    private void ShowState(string prefix, string host, StateReported state)
    {
        output.WriteLine(
            state.Applied is null
                ? $"{prefix}{host}: no state was applied yet"
                : $"{prefix}{host}: {Count(state.Resources, "resource")} applied, {Short(state.Applied)}"
        );
        if (state.Owner is { } owner)
            output.WriteLine($"{prefix}  described by {PlainText.Of(owner.ToString())} since {state.OwnedSince:u}");
        if (state.Run is not null)
            output.WriteLine($"{prefix}  last run {state.Run} began {state.Started:u}: {Words(state.Status)}");
        if (state.ConfirmBy is { } by)
            output.WriteLine(
                $"{prefix}  {Paint(Colour.Yellow, "waits for confirmation")} until {by:u}: `cloudlet confirm` keeps the change, "
                    + "`cloudlet rollback` undoes it"
            );
    }

    private string Ending(Finished end) =>
        end.Result switch
        {
            RunResult.Unchanged => $"{Paint(Colour.Green, "as described")} ({Short(end.Digest)}, {Time(end.Milliseconds)})",
            RunResult.Changed when end.Confirmed == true =>
                $"{Paint(Colour.Green, "kept")}: run {end.Run} is confirmed; `cloudlet verify` shows whether the host is still as "
                    + "described",
            RunResult.Changed => $"{Paint(Colour.Green, "done")}: {end.Changed} changed, verified as described ({Short(end.Digest)}, "
                + $"{Time(end.Milliseconds)})",
            RunResult.AwaitingConfirmation =>
                $"{Paint(Colour.Yellow, "confirm")}: {end.Changed} changed and verified; run `cloudlet confirm` before "
                    + $"{end.ConfirmBy:u}, or the host goes back",
            RunResult.Drift => Paint(Colour.Yellow, "drift") + ": not as described; run `cloudlet apply`",
            RunResult.Failed when end is { Failed: 0, Skipped: 0 } =>
                $"{Paint(Colour.Red, "failed")}: {end.Changed} changed without an error, but what is named above is still not as "
                    + "described; something on the host reverts it",
            RunResult.Failed =>
                $"{Paint(Colour.Red, "failed")}: {end.Changed} changed, {end.Failed} failed, {end.Skipped} left alone; fix the errors "
                    + "above and apply again",
            RunResult.RolledBack when end.Run is null =>
                $"{Paint(Colour.Yellow, "given back")}: the host is as it was before the first run",
            RunResult.RollbackFailed when end.Run is null =>
                $"{Paint(Colour.Red, "not given back")}: what is named above is not as it was before the first run",
            RunResult.RolledBack => $"{Paint(Colour.Yellow, "rolled back")}: the host is as it was before run {end.Run}",
            RunResult.RollbackFailed =>
                $"{Paint(Colour.Red, "rollback failed")}: what is named above is not as it was before run {end.Run}",
            _ => end.Result.ToString(),
        };

    private static string Tally(IReadOnlyList<ResourceChange> changes, int resources)
    {
        int Of(params ReadOnlySpan<ChangeAction> actions)
        {
            var n = 0;
            foreach (var change in changes)
                if (actions.Contains(change.Action))
                    n++;
            return n;
        }

        var unknown = Of(ChangeAction.Unknown) is > 0 and var u ? $", {u} unknown" : "";
        var restore = Of(ChangeAction.Restore) is > 0 and var r ? $", {r} to restore" : "";
        var well =
            resources - Of(ChangeAction.Create, ChangeAction.Update, ChangeAction.Replace, ChangeAction.Refresh, ChangeAction.Unknown);
        var refused = changes.Count(c => c.Refusals is { Count: > 0 });
        var end =
            refused > 0 ? $" {(refused == 1 ? "1 is" : $"{refused} are")} certain to be refused, so an apply would change nothing." : "";
        return $"{Of(ChangeAction.Create)} to create, {Of(ChangeAction.Update, ChangeAction.Replace)} to change, "
            + $"{Of(ChangeAction.Remove)} to remove{restore}{unknown}; {well} of "
            + $"{resources} as described.{end}";
    }

    private static string Words(RunStatus? status) =>
        status switch
        {
            RunStatus.Applying => "it did not finish; the next apply continues from where it stopped",
            RunStatus.AwaitingConfirmation => "all as described, not yet confirmed",
            RunStatus.Kept => "all as described, kept",
            RunStatus.KeptInPart => "some resources failed; what succeeded was kept",
            RunStatus.RolledBack => "rolled back",
            RunStatus.RollbackFailed => "rollback failed",
            _ => "unknown",
        };

    private static string Done(ChangeAction action) =>
        action switch
        {
            ChangeAction.Create => "created",
            ChangeAction.Replace => "replaced",
            ChangeAction.Remove => "removed",
            ChangeAction.Restore => "restored",
            _ => "changed",
        };

    private ChangeTree Tree() => _tree ??= new ChangeTree(output, colours);

    private string Paint(Colour colour, string text) => colours ? Ansi.Paint(colour, text) : text;

    private static string Count(int n, string noun) => n == 1 ? $"1 {noun}" : $"{n} {noun}s";

    private static string Time(double milliseconds) => milliseconds < 10_000 ? $"{milliseconds:0} ms" : $"{milliseconds / 1000:0.0} s";

    private static string Short(string digest) => digest.Length > 19 ? digest[..19] : digest;
}
