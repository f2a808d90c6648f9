using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;

namespace Cloudlet.Cli.Output;

/// <summary>Receives the results of a verb, for users or, with --json, for programs. Thread-safe.</summary>
internal interface IReport
{
    /// <summary>Returns the sink for the events of one host.</summary>
    /// <param name="host">Its name in the site.</param>
    /// <param name="reach">How it is reached, as text.</param>
    ConvergeEventSink ForHost(string host, string reach);

    /// <summary>Reports problems of the site files; nothing was changed.</summary>
    void Problems(IReadOnlyList<Problem> problems);

    /// <summary>Reports the summary of all hosts.</summary>
    void Summary(IReadOnlyList<HostOutcome> outcomes);
}

/// <summary>Result of a request at one host, for the summary and the exit status.</summary>
/// <param name="Host">Its name.</param>
/// <param name="End">The deciding event: <see cref="Finished"/>, <see cref="Refused"/>, <see cref="Planned"/> or
/// <see cref="StateReported"/> and others that are the last of their answer.</param>
internal sealed record HostOutcome(string Host, ConvergeEvent End)
{
    /// <summary>Exit status for this host alone.</summary>
    public int ExitCode =>
        End switch
        {
            Finished { Result: RunResult.Drift } => ExitCodes.Drift,
            Finished { Result: RunResult.Failed or RunResult.RollbackFailed } => ExitCodes.Failed,
            Finished { Result: RunResult.RolledBack } => RolledBackOnRequest ? ExitCodes.Ok : ExitCodes.Failed,
            Planned planned when planned.Changes.Any(c => c.Refusals is { Count: > 0 }) => ExitCodes.Invalid,
            Planned planned when planned.Changes.Any(c => c.Error is not null) => ExitCodes.Failed,
            CheckFinished { Passed: false } => ExitCodes.Failed,
            Refused { Kind: Errors.ErrorKind.InvalidInput } => ExitCodes.Invalid,
            Refused => ExitCodes.Failed,
            _ => ExitCodes.Ok,
        };

    /// <summary>True when the rollback was requested, and so is not a failure.</summary>
    public bool RolledBackOnRequest { get; init; }

    /// <summary>How the summary counts the host.</summary>
    public OutcomeWord Word() =>
        End switch
        {
            Finished { Result: RunResult.Unchanged } or Planned { Changes.Count: 0 } => OutcomeWord.AsDescribed,
            Finished { Result: RunResult.Changed, Confirmed: true } => OutcomeWord.Confirmed,
            Finished { Result: RunResult.Changed } => OutcomeWord.Changed,
            Finished { Result: RunResult.AwaitingConfirmation } => OutcomeWord.AwaitsConfirmation,
            Finished { Result: RunResult.Drift } => OutcomeWord.NotAsDescribed,
            Finished { Result: RunResult.RolledBack } => OutcomeWord.RolledBack,
            Planned when ExitCode == ExitCodes.Ok => OutcomeWord.WouldChange,
            Planned when ExitCode == ExitCodes.Invalid => OutcomeWord.WouldBeRefused,
            CheckFinished { Passed: true } => OutcomeWord.Works,
            Refused => OutcomeWord.Refused,
            Finished or Planned or CheckFinished => OutcomeWord.Failed,
            _ => OutcomeWord.Answered,
        };

    /// <summary>Text of a word in the summary.</summary>
    public static string TextOf(OutcomeWord word) =>
        word switch
        {
            OutcomeWord.AsDescribed => "as described",
            OutcomeWord.Confirmed => "confirmed",
            OutcomeWord.Changed => "changed and as described",
            OutcomeWord.Answered => "answered",
            OutcomeWord.Works => "checked, and works",
            OutcomeWord.WouldChange => "would change",
            OutcomeWord.AwaitsConfirmation => "waiting for `cloudlet confirm`",
            OutcomeWord.RolledBack => "rolled back",
            OutcomeWord.NotAsDescribed => "not as described",
            OutcomeWord.WouldBeRefused => "would be refused",
            OutcomeWord.Refused => "not done",
            _ => "failed",
        };

    /// <summary>The worst exit status: a failure, then invalid input, then drift.</summary>
    public static int Worst(IEnumerable<HostOutcome> outcomes)
    {
        var codes = outcomes.Select(o => o.ExitCode).ToHashSet();
        return codes.Contains(ExitCodes.Failed) ? ExitCodes.Failed
            : codes.Contains(ExitCodes.Invalid) ? ExitCodes.Invalid
            : codes.Contains(ExitCodes.Drift) ? ExitCodes.Drift
            : ExitCodes.Ok;
    }
}

/// <summary>Results of requests, in the order of the summary.</summary>
internal enum OutcomeWord
{
    AsDescribed,
    Confirmed,
    Changed,
    Answered,
    Works,

    /// <summary>From here on the summary lists the hosts, because something is left to do.</summary>
    WouldChange,
    AwaitsConfirmation,
    RolledBack,
    NotAsDescribed,
    WouldBeRefused,
    Refused,
    Failed,
}
