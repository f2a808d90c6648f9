using Cloudlet.Converge.Planning;

namespace Cloudlet.Healthd.Report;

/// <summary>One heal, from what was seen to the proof. What was lost at once is one record.</summary>
public sealed record HealRecord
{
    /// <summary>When the deviation was seen, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What made the daemon look: the event's thing, <c>full look</c>, or <c>retry</c>.</summary>
    public required string Because { get; init; }

    /// <summary>Seconds of the monotonic clock (CLOCK_MONOTONIC) when the deviation had been seen and the repair began; comparable with the clock of any other process of this machine.</summary>
    public required double DecidedAt { get; init; }

    /// <summary>What was not as described.</summary>
    public required IReadOnlyList<ResourceChange> Seen { get; init; }

    /// <summary>What was done, with how it ended.</summary>
    public required IReadOnlyList<HealStep> Done { get; init; }

    /// <summary>Milliseconds from the kernel's event (or the beginning of the look) to the decision.</summary>
    public required double DetectionMilliseconds { get; init; }

    /// <summary>Milliseconds from the decision to the end of the second look.</summary>
    public required double RepairMilliseconds { get; init; }

    /// <summary>What the second look found: empty is the proof that all of it is as described.</summary>
    public required IReadOnlyList<ResourceChange> Left { get; init; }

    /// <summary>Digest of the state that the host is held to.</summary>
    public required string Digest { get; init; }
}

/// <summary>One change of a heal.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Action">What was done.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record HealStep(string Id, ChangeAction Action, double Milliseconds, string? Error);
