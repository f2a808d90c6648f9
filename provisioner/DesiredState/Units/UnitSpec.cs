using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Units;

/// <summary>What is done with a running unit when a file it loads has changed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OnChange>))]
public enum OnChange
{
    /// <summary>The unit is restarted.</summary>
    [JsonStringEnumMemberName("restart")] Restart,

    /// <summary>The unit is told to load its configuration again.</summary>
    [JsonStringEnumMemberName("reload")] Reload,

    /// <summary>Nothing: the change is for the next start.</summary>
    [JsonStringEnumMemberName("nothing")] Nothing,
}

/// <summary>How the process of a unit can say itself what it has loaded.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Asks>))]
public enum Asks
{
    /// <summary>By the Guru Meditation Report of OpenStack services (oslo.reports), which they write on SIGUSR2.</summary>
    [JsonStringEnumMemberName("guru")] Guru,
}

/// <summary>Whether the processes of a unit do anything.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Liveness>))]
public enum Liveness
{
    /// <summary>They do, or nothing says that they do not.</summary>
    [JsonStringEnumMemberName("alive")] Alive,

    /// <summary>One of them has not run for as long as <see cref="UnitSpec.HungAfterSeconds"/>.</summary>
    [JsonStringEnumMemberName("hung")] Hung,

    /// <summary>The same, and it waits in the kernel for a disk or a network file system, where nobody can end it.</summary>
    [JsonStringEnumMemberName("stuck")] Stuck,
}

/// <summary>A unit of the service manager.</summary>
public sealed record UnitSpec : ResourceSpec
{
    /// <summary>The id of the unit <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"unit:{name}";

    /// <summary>The value of <see cref="Configuration"/> and <see cref="Definition"/> when all is well.</summary>
    public const string Current = "current";

    /// <summary>The least <see cref="HungAfterSeconds"/>: a few looks have to fit in.</summary>
    public const int ShortestHang = 20;

    /// <summary>The greatest <see cref="HungAfterSeconds"/>: a day.</summary>
    public const int LongestHang = 86_400;

    /// <summary>Unit name with its suffix.</summary>
    public required string Name { get; init; }

    /// <summary>Starts at boot.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Runs now (<c>active</c>; a oneshot that remains after exit counts).</summary>
    public bool? Running { get; init; }

    /// <summary><see cref="Current"/>: the manager has read the unit files that are on disk; else what is wrong.</summary>
    public string? Definition { get; init; }

    /// <summary><see cref="Current"/>: the running process has loaded the content of <see cref="Loads"/> that is on disk; else what is wrong.</summary>
    public string? Configuration { get; init; }

    /// <summary><see cref="Units.Liveness.Alive"/> where <see cref="HungAfterSeconds"/> says what else there is. Seen only by whoever looks again and again: a single look finds every process alive.</summary>
    public Liveness? Liveness { get; init; }

    /// <summary>Seconds: a process of the unit in which no thread has run for so long hangs. Null: it may wait as long as it likes.</summary>
    public int? HungAfterSeconds { get; init; }

    /// <summary>Absolute paths of the configuration files that the unit's process reads at its start.</summary>
    public IReadOnlyList<string>? Loads { get; init; }

    /// <summary>What to do when one of <see cref="Loads"/> has changed.</summary>
    public OnChange OnChange { get; init; }

    /// <summary>Options that the process takes over at a reload, as <c>section.key</c> or <c>section.*</c>: when nothing else changed, the unit is reloaded and not restarted.</summary>
    public IReadOnlyList<string>? Mutable { get; init; }

    /// <summary>How the process is asked what it has loaded, where neither of us knows; null: it is not asked.</summary>
    public Asks? Asks { get; init; }

    /// <summary>In a captured state: those of <see cref="Loads"/> that were not there, so that a process may be started without them again.</summary>
    public IReadOnlyList<string>? Absent { get; init; }
}
