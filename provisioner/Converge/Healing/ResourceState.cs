using System.Text.Json.Serialization;

namespace Cloudlet.Converge.Healing;

/// <summary>State of a resource.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ResourceState>))]
public enum ResourceState
{
    /// <summary>As described.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Deviates; the next attempt is planned.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>Deviates, and the host is on hold.</summary>
    [JsonStringEnumMemberName("held")]
    Held,

    /// <summary>Its process runs with an old configuration, and restarts are deferred.</summary>
    [JsonStringEnumMemberName("deferred")]
    Deferred,

    /// <summary>Deviates, but the daemon must not change it; an alarm says why.</summary>
    [JsonStringEnumMemberName("left-alone")]
    LeftAlone,

    /// <summary>Could not be healed; an alarm says why.</summary>
    [JsonStringEnumMemberName("given-up")]
    GivenUp,
}
