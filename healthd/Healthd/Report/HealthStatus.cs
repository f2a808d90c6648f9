using System.Text.Json.Serialization;
using Cloudlet.Converge.Healing;

namespace Cloudlet.Healthd.Report;

/// <summary>What the daemon knows about one resource.</summary>
/// <param name="Id">The resource.</param>
/// <param name="State">Its state.</param>
/// <param name="Since">Since when, UTC.</param>
public sealed record ResourceHealth(string Id, ResourceState State, DateTimeOffset Since)
{
    /// <summary>What deviates, and why it is not healed now.</summary>
    public string? Because { get; init; }

    /// <summary>When it was healed last, UTC.</summary>
    public DateTimeOffset? LastHeal { get; init; }

    /// <summary>How often it was healed since the daemon started.</summary>
    public int Heals { get; init; }

    /// <summary>Consecutive failed attempts.</summary>
    public int Failures { get; init; }

    /// <summary>When the next attempt is due, UTC.</summary>
    public DateTimeOffset? NextTry { get; init; }
}

/// <summary>State of the host, as the daemon sees it. <c>healthd status</c> prints it and metrics show it.</summary>
public sealed record HealthStatus
{
    /// <summary>Name of the host in its site; empty without a desired state.</summary>
    public required string Host { get; init; }

    /// <summary>Digest of the host's desired state; null when there is none.</summary>
    public string? Digest { get; init; }

    /// <summary>Process id of the daemon.</summary>
    public required int Pid { get; init; }

    /// <summary>Version of the daemon.</summary>
    public required string Version { get; init; }

    /// <summary>When the daemon started, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When this was written, UTC.</summary>
    public required DateTimeOffset Written { get; init; }

    /// <summary>When everything was last observed, UTC.</summary>
    public DateTimeOffset? LastFullLook { get; init; }

    /// <summary>Every described resource.</summary>
    public required IReadOnlyList<ResourceHealth> Resources { get; init; }

    /// <summary>Active alarms.</summary>
    public required IReadOnlyList<Alarm> Alarms { get; init; }

    /// <summary>The hold that stops the daemon from acting; null: none.</summary>
    public Hold? Hold { get; init; }

    /// <summary>Observations since the daemon started.</summary>
    public long Looks { get; init; }

    /// <summary>Events since the daemon started.</summary>
    public long Events { get; init; }

    /// <summary>Heals since the daemon started that left everything as described.</summary>
    public long Healed { get; init; }

    /// <summary>Heals since the daemon started that did not.</summary>
    public long NotHealed { get; init; }

    /// <summary>True when every resource is as described.</summary>
    [JsonIgnore]
    public bool IsWell => Digest is not null && Resources.All(r => r.State == ResourceState.Ok) && Alarms.Count == 0;
}
