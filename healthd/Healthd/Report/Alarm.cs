using System.Text.Json.Serialization;

namespace Cloudlet.Healthd.Report;

/// <summary>What an alarm is about. A person has to know of each; none is raised for what was simply healed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlarmKind>))]
public enum AlarmKind
{
    /// <summary>A resource could not be healed as often as allowed, and is left as it is until something changes.</summary>
    [JsonStringEnumMemberName("gave-up")] GaveUp,

    /// <summary>A resource deviates again and again, faster than its budget allows heals.</summary>
    [JsonStringEnumMemberName("flapping")] Flapping,

    /// <summary>Many resources were lost at once: one incident, whatever its cause.</summary>
    [JsonStringEnumMemberName("mass-loss")] MassLoss,

    /// <summary>An operator disabled a unit that is described as enabled; that is left so.</summary>
    [JsonStringEnumMemberName("operator-disabled")] OperatorDisabled,

    /// <summary>An operator masked a unit; that is left so.</summary>
    [JsonStringEnumMemberName("operator-masked")] OperatorMasked,

    /// <summary>The host's name is not the one that was recorded; no unit is started or restarted.</summary>
    [JsonStringEnumMemberName("host-name-changed")] HostNameChanged,

    /// <summary>The kernel has no driver for a described link.</summary>
    [JsonStringEnumMemberName("driver-missing")] DriverMissing,

    /// <summary>A described package is not there; packages are installed by apply, never unattended.</summary>
    [JsonStringEnumMemberName("package-missing")] PackageMissing,

    /// <summary>A configuration file is broken; the process keeps what it has loaded.</summary>
    [JsonStringEnumMemberName("configuration-broken")] ConfigurationBroken,

    /// <summary>A process waits in the kernel for a disk or a network file system and does not come back; nobody can end it, so its unit is not started anew.</summary>
    [JsonStringEnumMemberName("process-stuck")] ProcessStuck,

    /// <summary>The disk is full or read-only.</summary>
    [JsonStringEnumMemberName("disk")] Disk,

    /// <summary>The state that the host is held to is missing or damaged.</summary>
    [JsonStringEnumMemberName("state-missing")] StateMissing,

    /// <summary>Events cannot be had for some things (a kernel limit); the full look finds what happens to them, later.</summary>
    [JsonStringEnumMemberName("events-limited")] EventsLimited,
}

/// <summary>Something that a person has to know, from the moment it is raised until it is cleared.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Subject">Id of the resource, or the host's name.</param>
/// <param name="Message">What was seen and what to do.</param>
/// <param name="Raised">When, UTC.</param>
public sealed record Alarm(
    [property: JsonRequired] AlarmKind Kind, [property: JsonRequired] string Subject, [property: JsonRequired] string Message, [property: JsonRequired] DateTimeOffset Raised)
{
    /// <summary>When it was cleared, UTC; null while it is active.</summary>
    public DateTimeOffset? Cleared { get; init; }

    /// <summary>Two alarms with the same key are the same alarm.</summary>
    [JsonIgnore]
    public (AlarmKind Kind, string Subject) Key => (Kind, Subject);
}
