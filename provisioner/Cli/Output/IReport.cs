using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;

namespace Cloudlet.Cli.Output;

/// <summary>Where a verb's findings go: to a person or, with --json, to a machine. Safe to use from several hosts at once.</summary>
internal interface IReport
{
    /// <summary>Takes the events of one host.</summary>
    /// <param name="host">Its name in the site.</param>
    /// <param name="reach">How it is reached, as text.</param>
    ConvergeEventSink ForHost(string host, string reach);

    /// <summary>What is wrong in the site files; nothing was touched.</summary>
    void Problems(IReadOnlyList<Problem> problems);

    /// <summary>The last word over all hosts.</summary>
    void Summary(IReadOnlyList<HostOutcome> outcomes);
}

/// <summary>How the request ended at one host: the event that decides, for the summary and the exit status.</summary>
/// <param name="Host">Its name.</param>
/// <param name="End">The deciding event: <see cref="Finished"/>, <see cref="Refused"/>, <see cref="Planned"/> or <see cref="StateReported"/>.</param>
internal sealed record HostOutcome(string Host, ConvergeEvent End)
{
    /// <summary>Exit status that this host alone would give.</summary>
    public int ExitCode => End switch
    {
        Finished { Result: RunResult.Drift } => ExitCodes.Drift,
        Finished { Result: RunResult.Failed or RunResult.RollbackFailed } => ExitCodes.Failed,
        Finished { Result: RunResult.RolledBack } => RolledBackOnRequest ? ExitCodes.Ok : ExitCodes.Failed,
        Planned planned when planned.Changes.Any(c => c.Error is not null) => ExitCodes.Failed,
        Refused { Kind: Errors.ErrorKind.InvalidInput } => ExitCodes.Invalid,
        Refused => ExitCodes.Failed,
        _ => ExitCodes.Ok,
    };

    /// <summary>True when going back is what was asked for, and so no failure.</summary>
    public bool RolledBackOnRequest { get; init; }

    /// <summary>The worst of several: a failure, then wrong input, then drift.</summary>
    public static int Worst(IEnumerable<HostOutcome> outcomes)
    {
        var codes = outcomes.Select(o => o.ExitCode).ToHashSet();
        return codes.Contains(ExitCodes.Failed) ? ExitCodes.Failed
            : codes.Contains(ExitCodes.Invalid) ? ExitCodes.Invalid
            : codes.Contains(ExitCodes.Drift) ? ExitCodes.Drift
            : ExitCodes.Ok;
    }
}
