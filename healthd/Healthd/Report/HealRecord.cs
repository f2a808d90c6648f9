using Cloudlet.Converge.Plans;

namespace Cloudlet.Healthd.Report;

/// <summary>One heal, from the observation to its verification. Resources lost at once share one record.</summary>
public sealed record HealRecord
{
    /// <summary>When the deviation was found, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What made the daemon look: the subject of the event, <c>full look</c>, or <c>retry</c>.</summary>
    public required string Because { get; init; }

    /// <summary>
    /// Seconds of the monotonic clock (CLOCK_MONOTONIC) when the deviation was found and the repair began; comparable with that clock in
    /// any other process of this machine.
    /// </summary>
    public required double DecidedAt { get; init; }

    /// <summary>The deviations.</summary>
    public required IReadOnlyList<ResourceChange> Seen { get; init; }

    /// <summary>The changes, with their outcomes.</summary>
    public required IReadOnlyList<HealStep> Done { get; init; }

    /// <summary>Milliseconds from the kernel's event (or the start of the observation) to the decision.</summary>
    public required double DetectionMilliseconds { get; init; }

    /// <summary>Milliseconds from the decision to the end of the verification.</summary>
    public required double RepairMilliseconds { get; init; }

    /// <summary>Deviations that the verification found; empty when everything is as described.</summary>
    public required IReadOnlyList<ResourceChange> Left { get; init; }

    /// <summary>Digest of the host's desired state.</summary>
    public required string Digest { get; init; }
}

/// <summary>One change of a heal.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Action">What was done.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record HealStep(string Id, ChangeAction Action, double Milliseconds, string? Error);
