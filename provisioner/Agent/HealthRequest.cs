namespace Cloudlet.Agent;

/// <summary>A request to a host's health daemon, passed through its files.</summary>
public sealed record HealthRequest
{
    /// <summary>Begin a hold.</summary>
    public HoldRequest? Hold { get; init; }

    /// <summary>End the hold of this owner.</summary>
    public string? ReleaseOwner { get; init; }

    /// <summary>End the hold of any owner.</summary>
    public bool ReleaseAny { get; init; }

    /// <summary>Allow deferred restarts.</summary>
    public bool ReleaseRestarts { get; init; }

    /// <summary>How many recent heals, and how many recent alarms, to report; null: none.</summary>
    public int? Last { get; init; }
}

/// <summary>A requested hold.</summary>
/// <param name="Owner">The owner of the hold.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Seconds">The duration.</param>
public sealed record HoldRequest(string Owner, string Reason, double Seconds);
