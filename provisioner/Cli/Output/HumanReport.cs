using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Planning;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.Explain;

namespace Cloudlet.Cli.Output;

/// <summary>What a person reads: changes as a tree, progress as it happens, one summary line. Quiet where there is nothing to say.</summary>
internal sealed class HumanReport(TextWriter output, TextWriter errors, bool colours, bool manyHosts) : IReport
{
    private readonly Lock gate = new();
    private ChangeTree? tree;

    public ConvergeEventSink ForHost(string host, string reach) => happened =>
    {
        lock (gate)
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
        var bad = outcomes.Where(o => o.ExitCode != ExitCodes.Ok).ToList();
        output.WriteLine();
        output.WriteLine(bad.Count == 0
            ? $"{Count(outcomes.Count, "host")}: all well."
            : $"{Count(outcomes.Count, "host")}: {outcomes.Count - bad.Count} well, {bad.Count} not: {string.Join(", ", bad.Select(o => o.Host))}.");
    }

    private void Show(string host, string reach, ConvergeEvent happened)
    {
        // Texts that come from a host are not trusted with the terminal.
        var prefix = manyHosts ? $"{Paint(Colour.Grey, host)}: " : "";
        switch (happened)
        {
            case Planned { Changes.Count: > 0 } planned:
                Tree().Write(host, reach, planned.Changes);
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
                output.WriteLine($"{prefix}  {Paint(Colour.Green, "✓")} {PlainText.Of(done.Id)} {Done(done.Action)} {Paint(Colour.Grey, Time(done.Milliseconds))}");
                break;
            case ChangeFailed failed:
                output.WriteLine($"{prefix}  {Paint(Colour.Red, "✗")} {PlainText.Of(failed.Id)}: {PlainText.Of(failed.Message)}");
                break;
            case ChangeSkipped skipped:
                output.WriteLine($"{prefix}  {Paint(Colour.Yellow, "-")} {PlainText.Of(skipped.Id)} left alone, because {PlainText.Of(skipped.Because)} failed");
                break;
            case Noticed noticed:
                output.WriteLine($"{prefix}{Paint(Colour.Yellow, "note")}: {PlainText.Of(noticed.Message)}");
                break;
            case Verified { Drift.Count: > 0 } verified:
                output.WriteLine($"{prefix}{Paint(Colour.Yellow, "not as described")}:");
                Tree().Write(host, reach, verified.Drift);
                break;
            case RollbackStarted back:
                output.WriteLine($"{prefix}{Paint(Colour.Yellow, "going back")} to the state before run {PlainText.Of(back.Run)}: {PlainText.Of(back.Because)}");
                break;
            case StateReported state:
                ShowState(prefix, host, state);
                break;
            case HealthReported health:
                new HealthReport(output, colours).Write(prefix, health);
                break;
            case EvidenceTaken:
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
        output.WriteLine(state.Applied is null
            ? $"{prefix}{host}: no state was applied yet"
            : $"{prefix}{host}: {Count(state.Resources, "resource")} applied, {Short(state.Applied)}");
        if (state.Run is not null)
            output.WriteLine($"{prefix}  last run {state.Run} began {state.Started:u}: {Words(state.Status)}");
        if (state.ConfirmBy is { } by)
            output.WriteLine($"{prefix}  {Paint(Colour.Yellow, "waits for confirmation")} until {by:u}: `cloudlet confirm` keeps the change, `cloudlet rollback` undoes it");
    }

    private string Ending(Finished end) => end.Result switch
    {
        RunResult.Unchanged => $"{Paint(Colour.Green, "as described")} ({Short(end.Digest)}, {Time(end.Milliseconds)})",
        RunResult.Changed => $"{Paint(Colour.Green, "done")}: {end.Changed} changed, verified as described ({Short(end.Digest)}, {Time(end.Milliseconds)})",
        RunResult.AwaitingConfirmation =>
            $"{Paint(Colour.Yellow, "confirm")}: {end.Changed} changed and verified; run `cloudlet confirm` before {end.ConfirmBy:u}, or the host goes back",
        RunResult.Drift => Paint(Colour.Yellow, "drift") + ": not as described; `cloudlet apply` makes it so",
        RunResult.Failed => $"{Paint(Colour.Red, "failed")}: {end.Changed} changed, {end.Failed} failed, {end.Skipped} left alone; mend what is named above and apply again",
        RunResult.RolledBack => $"{Paint(Colour.Yellow, "rolled back")}: the host is as it was before run {end.Run}",
        RunResult.RollbackFailed => $"{Paint(Colour.Red, "roll-back failed")}: what is named above is not as it was before run {end.Run}",
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
        var well = resources - Of(ChangeAction.Create, ChangeAction.Update, ChangeAction.Replace, ChangeAction.Refresh, ChangeAction.Unknown);
        return $"{Of(ChangeAction.Create)} to create, {Of(ChangeAction.Update, ChangeAction.Replace)} to change, {Of(ChangeAction.Remove)} to remove{unknown}; {well} of {resources} as described.";
    }

    private static string Words(RunStatus? status) => status switch
    {
        RunStatus.Applying => "it did not end; the next apply goes on from where it stopped",
        RunStatus.AwaitingConfirmation => "all as described, not yet confirmed",
        RunStatus.Kept => "all as described, kept",
        RunStatus.KeptInPart => "some resources failed; what succeeded was kept",
        RunStatus.RolledBack => "rolled back",
        RunStatus.RollbackFailed => "the way back failed",
        _ => "unknown",
    };

    private static string Done(ChangeAction action) => action switch
    {
        ChangeAction.Create => "created",
        ChangeAction.Replace => "replaced",
        ChangeAction.Remove => "removed",
        _ => "changed",
    };

    private ChangeTree Tree() => tree ??= new ChangeTree(output, colours);

    private string Paint(Colour colour, string text) => colours ? Ansi.Paint(colour, text) : text;

    private static string Count(int n, string noun) => n == 1 ? $"1 {noun}" : $"{n} {noun}s";

    private static string Time(double milliseconds) => milliseconds < 10_000 ? $"{milliseconds:0} ms" : $"{milliseconds / 1000:0.0} s";

    private static string Short(string digest) => digest.Length > 19 ? digest[..19] : digest;
}
