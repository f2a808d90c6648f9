using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Kinds.Units;

/// <summary>Action on a running unit when a file it loads has changed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OnChange>))]
public enum OnChange
{
    /// <summary>The unit is restarted.</summary>
    [JsonStringEnumMemberName("restart")]
    Restart,

    /// <summary>The unit is reloaded.</summary>
    [JsonStringEnumMemberName("reload")]
    Reload,

    /// <summary>None: the change takes effect at the next start.</summary>
    [JsonStringEnumMemberName("nothing")]
    Nothing,
}

/// <summary>How a unit's process can report its loaded configuration.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Asks>))]
public enum Asks
{
    /// <summary>With the Guru Meditation Report of OpenStack services (oslo.reports), written on SIGUSR2.</summary>
    [JsonStringEnumMemberName("guru")]
    Guru,
}

/// <summary>Whether the processes of a unit make progress.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Liveness>))]
public enum Liveness
{
    /// <summary>They do, or there is no evidence that they do not.</summary>
    [JsonStringEnumMemberName("alive")]
    Alive,

    /// <summary>One of them has not run for as long as <see cref="UnitSpec.HungAfterSeconds"/>.</summary>
    [JsonStringEnumMemberName("hung")]
    Hung,

    /// <summary>The same, and it waits in the kernel for a disk or a network file system, where it cannot be killed.</summary>
    [JsonStringEnumMemberName("stuck")]
    Stuck,
}

/// <summary>A unit of the service manager.</summary>
public sealed record UnitSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "unit";

    /// <summary>The id of the unit <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>The value of <see cref="Configuration"/> and <see cref="Definition"/> when they are as described.</summary>
    public const string Current = "current";

    /// <summary>Smallest <see cref="HungAfterSeconds"/>: it must include several observations.</summary>
    public const int ShortestHang = 20;

    /// <summary>Largest <see cref="HungAfterSeconds"/>: a day.</summary>
    public const int LongestHang = 86_400;

    /// <summary>
    /// Default for <see cref="StartTimeoutSeconds"/>, in seconds: longer than systemd's own limit (TimeoutStartSec=90s) for most
    /// units.
    /// </summary>
    public const int UsualStart = 300;

    /// <summary>Largest <see cref="StartTimeoutSeconds"/>: 20 minutes.</summary>
    public const int LongestStart = 1200;

    /// <summary>Unit name with its suffix.</summary>
    public required string Name { get; init; }

    /// <summary>Starts at boot.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Runs now (<c>active</c>; a oneshot that remains after exit counts).</summary>
    public bool? Running { get; init; }

    /// <summary><see cref="Current"/>: the manager has read the unit files on disk; else the problem.</summary>
    public string? Definition { get; init; }

    /// <summary>
    /// <see cref="Current"/>: the running process has loaded the present content of <see cref="Loads"/>; else the problem.
    /// </summary>
    public string? Configuration { get; init; }

    /// <summary>
    /// <see cref="Units.Liveness.Alive"/> if <see cref="HungAfterSeconds"/> is set. Other values need repeated observations: the first one
    /// finds every process alive.
    /// </summary>
    public Liveness? Liveness { get; init; }

    /// <summary>
    /// Seconds: a process of the unit in which no thread has run for this long hangs. Null: it may wait without limit.
    /// </summary>
    public int? HungAfterSeconds { get; init; }

    /// <summary>Timeout in seconds for a start, restart or reload of the unit; null: <see cref="UsualStart"/>.</summary>
    public int? StartTimeoutSeconds { get; init; }

    /// <summary>Absolute paths of the configuration files that the unit's process reads at its start.</summary>
    public IReadOnlyList<string>? Loads { get; init; }

    /// <summary>What to do when one of <see cref="Loads"/> has changed.</summary>
    public OnChange OnChange { get; init; }

    /// <summary>
    /// Options that the process applies on a reload, as <c>section.key</c> or <c>section.*</c>: when nothing else changed, the unit is
    /// reloaded and not restarted.
    /// </summary>
    public IReadOnlyList<string>? Mutable { get; init; }

    /// <summary>How to ask the process for its configuration, if there is no stamp; null: it is not asked.</summary>
    public Asks? Asks { get; init; }

    /// <summary>
    /// Observed: changed files that the process has not loaded, when all of them are named by EnvironmentFile= of the unit and not by
    /// <see cref="Loads"/>; else null.
    /// </summary>
    public IReadOnlyList<string>? StaleEnvironment { get; init; }

    /// <summary>
    /// In a captured state: files in <see cref="Loads"/> that were missing, so that the process may be started without them again.
    /// </summary>
    public IReadOnlyList<string>? Absent { get; init; }
}
