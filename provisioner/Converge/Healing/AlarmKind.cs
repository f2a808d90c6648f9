using System.Text.Json.Serialization;

namespace Cloudlet.Converge.Healing;

/// <summary>Subject of an alarm. Every alarm needs the operator's attention; a successful heal raises none.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlarmKind>))]
public enum AlarmKind
{
    /// <summary>A resource could not be healed within its budget, and is left alone until something changes.</summary>
    [JsonStringEnumMemberName("gave-up")]
    GaveUp,

    /// <summary>A resource deviates repeatedly, more often than its budget allows heals.</summary>
    [JsonStringEnumMemberName("flapping")]
    Flapping,

    /// <summary>Many resources were lost at once: one incident, whatever its cause.</summary>
    [JsonStringEnumMemberName("mass-loss")]
    MassLoss,

    /// <summary>An operator disabled a unit that is described as enabled; it stays disabled.</summary>
    [JsonStringEnumMemberName("operator-disabled")]
    OperatorDisabled,

    /// <summary>An operator masked a unit; it stays masked.</summary>
    [JsonStringEnumMemberName("operator-masked")]
    OperatorMasked,

    /// <summary>The host's name differs from the recorded one; no unit is started or restarted.</summary>
    [JsonStringEnumMemberName("host-name-changed")]
    HostNameChanged,

    /// <summary>The kernel has no driver for a described link.</summary>
    [JsonStringEnumMemberName("driver-missing")]
    DriverMissing,

    /// <summary>A described package is not installed; only apply installs packages.</summary>
    [JsonStringEnumMemberName("package-missing")]
    PackageMissing,

    /// <summary>The tables of a service are not those of its installed release; only apply migrates them.</summary>
    [JsonStringEnumMemberName("schema-behind")]
    SchemaBehind,

    /// <summary>The value of a secret is neither in its file nor in our copy; only apply can give it one.</summary>
    [JsonStringEnumMemberName("secret-missing")]
    SecretMissing,

    /// <summary>A configuration file is broken; the process keeps what it has loaded.</summary>
    [JsonStringEnumMemberName("configuration-broken")]
    ConfigurationBroken,

    /// <summary>
    /// A process hangs in the kernel, waiting for a disk or a network file system. It cannot be killed, so its unit is not restarted.
    /// </summary>
    [JsonStringEnumMemberName("process-stuck")]
    ProcessStuck,

    /// <summary>The disk is full or read-only.</summary>
    [JsonStringEnumMemberName("disk")]
    Disk,

    /// <summary>The host's desired state is missing or damaged.</summary>
    [JsonStringEnumMemberName("state-missing")]
    StateMissing,

    /// <summary>
    /// Something that is not ours blocks a resource: a mount, an immutable attribute, a described address on another link. Only the
    /// operator can decide what to do about it.
    /// </summary>
    [JsonStringEnumMemberName("obstructed")]
    Obstructed,

    /// <summary>Some things cannot be watched (a kernel limit); the full check finds their changes later.</summary>
    [JsonStringEnumMemberName("events-limited")]
    EventsLimited,
}
