using System.Text.Json.Serialization;

namespace Cloudlet.Explain.Findings;

/// <summary>Why no server can be scheduled on a host. docs/guides/explain.md has a line for each.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CauseKind>))]
public enum CauseKind
{
    /// <summary>The host has a name other than the one that Nova knows.</summary>
    [JsonStringEnumMemberName("name-changed")]
    NameChanged,

    /// <summary>The host's clock is so far off that its reports look old.</summary>
    [JsonStringEnumMemberName("clock-skew")]
    ClockSkew,

    /// <summary>An address or link that the configuration names does not exist.</summary>
    [JsonStringEnumMemberName("link-missing")]
    LinkMissing,

    /// <summary>A configuration file cannot be read, or contains what no program understands.</summary>
    [JsonStringEnumMemberName("broken-configuration")]
    BrokenConfiguration,

    /// <summary>The message broker accepts no connections.</summary>
    [JsonStringEnumMemberName("broker-unreachable")]
    BrokerUnreachable,

    /// <summary>Placement does not answer.</summary>
    [JsonStringEnumMemberName("placement-down")]
    PlacementDown,

    /// <summary>The broker refuses the password that the process has loaded.</summary>
    [JsonStringEnumMemberName("stale-credentials")]
    StaleCredentials,

    /// <summary>The scheduler, the conductor or the API does not run.</summary>
    [JsonStringEnumMemberName("cells-down")]
    CellsDown,

    /// <summary>An operator disabled the compute service.</summary>
    [JsonStringEnumMemberName("disabled-by-operator")]
    DisabledByOperator,

    /// <summary>Nova disabled the compute service because libvirt is gone.</summary>
    [JsonStringEnumMemberName("disabled-auto")]
    DisabledAuto,

    /// <summary>An operator or a fencing system forced the compute service down.</summary>
    [JsonStringEnumMemberName("forced-down")]
    ForcedDown,

    /// <summary>A service exits again and again soon after its start.</summary>
    [JsonStringEnumMemberName("crash-loop")]
    CrashLoop,

    /// <summary>The compute service does not run.</summary>
    [JsonStringEnumMemberName("service-down")]
    ServiceDown,

    /// <summary>The compute service runs but reports nothing.</summary>
    [JsonStringEnumMemberName("service-hung")]
    ServiceHung,

    /// <summary>The host is mapped to no cell.</summary>
    [JsonStringEnumMemberName("host-not-mapped")]
    HostNotMapped,

    /// <summary>Placement has no provider for the host.</summary>
    [JsonStringEnumMemberName("placement-provider-missing")]
    PlacementProviderMissing,

    /// <summary>The flavor asks for more than the host has.</summary>
    [JsonStringEnumMemberName("flavor-too-big")]
    FlavorTooBig,

    /// <summary>The process runs with older configuration than the files have.</summary>
    [JsonStringEnumMemberName("stale-process")]
    StaleProcess,

    /// <summary>The host's resources are in use.</summary>
    [JsonStringEnumMemberName("placement-exhausted")]
    PlacementExhausted,

    /// <summary>The Neutron agent that plugs servers in is dead.</summary>
    [JsonStringEnumMemberName("agent-dead")]
    AgentDead,

    /// <summary>A filter of the scheduler, a trait or a zone keeps the host out.</summary>
    [JsonStringEnumMemberName("filtered-out")]
    FilteredOut,
}

/// <summary>How certain a finding is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Certainty>))]
public enum Certainty
{
    /// <summary>The evidence allows no other reading.</summary>
    [JsonStringEnumMemberName("sure")]
    Sure,

    /// <summary>The evidence fits, but part of it could not be seen.</summary>
    [JsonStringEnumMemberName("likely")]
    Likely,

    /// <summary>It may be so, and need not be the reason why servers fail.</summary>
    [JsonStringEnumMemberName("possible")]
    Possible,
}

/// <summary>What supports a finding.</summary>
/// <param name="Exhibit">Id of the exhibit.</param>
/// <param name="Quote">The line, or the properties of an answer; for something missing, what exists instead.</param>
public sealed record Evidence([property: JsonRequired] string Exhibit, [property: JsonRequired] string Quote);

/// <summary>One cause that was found.</summary>
/// <param name="Cause">Which cause.</param>
/// <param name="Subject">What it is about: a unit, file, host, flavor.</param>
/// <param name="Certainty">How certain it is.</param>
/// <param name="Summary">What is wrong, in a sentence.</param>
public sealed record Finding(
    [property: JsonRequired] CauseKind Cause,
    [property: JsonRequired] string Subject,
    [property: JsonRequired] Certainty Certainty,
    [property: JsonRequired] string Summary
)
{
    /// <summary>What supports it, at least one.</summary>
    public required IReadOnlyList<Evidence> Evidence { get; init; }

    /// <summary>What healthd does about it by itself, on a host whose description has the unit.</summary>
    public required string Heals { get; init; }

    /// <summary>What the operator has to do.</summary>
    public required string Remedy { get; init; }

    /// <summary>The cause that this follows from; null for a root. Repairing the root repairs this too.</summary>
    public CauseKind? FollowsFrom { get; init; }
}

/// <summary>Something that could not be seen, and why.</summary>
/// <param name="Exhibit">Id of the exhibit.</param>
/// <param name="Reason">Why it says nothing.</param>
public sealed record Unknown([property: JsonRequired] string Exhibit, [property: JsonRequired] string Reason);
