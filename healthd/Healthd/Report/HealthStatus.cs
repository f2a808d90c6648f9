using System.Text.Json.Serialization;
using Cloudlet.Healthd.Heal;

namespace Cloudlet.Healthd.Report;

/// <summary>How a resource is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ResourceState>))]
public enum ResourceState
{
    /// <summary>As described.</summary>
    [JsonStringEnumMemberName("ok")] Ok,

    /// <summary>Deviates; the next attempt comes by itself.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting,

    /// <summary>Deviates, and somebody holds the host.</summary>
    [JsonStringEnumMemberName("held")] Held,

    /// <summary>Its process runs on an old configuration, and restarts are deferred.</summary>
    [JsonStringEnumMemberName("deferred")] Deferred,

    /// <summary>Deviates, and it is not for the daemon to change that; an alarm says why.</summary>
    [JsonStringEnumMemberName("left-alone")] LeftAlone,

    /// <summary>Could not be healed; an alarm says why.</summary>
    [JsonStringEnumMemberName("given-up")] GivenUp,
}

/// <summary>What the daemon knows of one resource.</summary>
/// <param name="Id">The resource.</param>
/// <param name="State">How it is.</param>
/// <param name="Since">Since when it is so, UTC.</param>
public sealed record ResourceHealth(string Id, ResourceState State, DateTimeOffset Since)
{
    /// <summary>What deviates and why nothing is done about it now.</summary>
    public string? Because { get; init; }

    /// <summary>When it was healed last, UTC.</summary>
    public DateTimeOffset? LastHeal { get; init; }

    /// <summary>How often it was healed since the daemon started.</summary>
    public int Heals { get; init; }

    /// <summary>Failed attempts in a row.</summary>
    public int Failures { get; init; }

    /// <summary>When the next attempt is made, UTC.</summary>
    public DateTimeOffset? NextTry { get; init; }
}

/// <summary>How the host is, as the daemon sees it. What <c>healthd status</c> prints and metrics show.</summary>
public sealed record HealthStatus
{
    /// <summary>Name of the host in its site; empty when it is held to nothing.</summary>
    public required string Host { get; init; }

    /// <summary>Digest of the state that the host is held to; null when there is none.</summary>
    public string? Digest { get; init; }

    /// <summary>Process id of the daemon.</summary>
    public required int Pid { get; init; }

    /// <summary>Version of the daemon.</summary>
    public required string Version { get; init; }

    /// <summary>When the daemon started, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When this was written, UTC.</summary>
    public required DateTimeOffset Written { get; init; }

    /// <summary>When everything was looked at last, UTC.</summary>
    public DateTimeOffset? LastFullLook { get; init; }

    /// <summary>Every described resource.</summary>
    public required IReadOnlyList<ResourceHealth> Resources { get; init; }

    /// <summary>Active alarms.</summary>
    public required IReadOnlyList<Alarm> Alarms { get; init; }

    /// <summary>The hold that keeps the daemon from acting; null: none.</summary>
    public Hold? Hold { get; init; }

    /// <summary>Looks since the daemon started.</summary>
    public long Looks { get; init; }

    /// <summary>Events since the daemon started.</summary>
    public long Events { get; init; }

    /// <summary>Heals since the daemon started that ended as described.</summary>
    public long Healed { get; init; }

    /// <summary>Heals since the daemon started that did not.</summary>
    public long NotHealed { get; init; }

    /// <summary>True when every resource is as described.</summary>
    [JsonIgnore]
    public bool IsWell => Digest is not null && Resources.All(r => r.State == ResourceState.Ok) && Alarms.Count == 0;
}
