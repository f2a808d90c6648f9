using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Healing;

/// <summary>The decision about one deviation.</summary>
/// <param name="State">State of the resource from now on, unless it is healed.</param>
/// <param name="Because">Why it is not healed; null: it is healed.</param>
public sealed record HealVerdict(ResourceState State, string? Because)
{
    /// <summary>The verdict to heal it.</summary>
    public static HealVerdict Act { get; } = new(ResourceState.Waiting, null);

    /// <summary>The alarm to raise; null: none.</summary>
    public AlarmKind? Alarm { get; init; }

    /// <summary>The daemon itself runs on an old configuration or program: it exits, and systemd restarts it.</summary>
    public bool RestartsDaemon { get; init; }

    /// <summary>The service manager must reload the unit files, for the daemon's own unit.</summary>
    public bool ReloadsManager { get; init; }

    /// <summary>When to observe again without an event; null: an event or the full check is enough.</summary>
    public TimeSpan? LookAgain { get; init; }
}

/// <summary>Conditions on the host that a kind may need to decide about a deviation.</summary>
/// <param name="HostNameChanged">True when the host's name differs from the recorded one.</param>
/// <param name="IsBooting">True while systemd is still booting the host, or starting the daemon itself.</param>
/// <param name="RestartsReleased">True when deferred restarts were released.</param>
public sealed record HealConditions(bool HostNameChanged, bool IsBooting, bool RestartsReleased)
{
    /// <summary>True when processes with an old configuration are restarted only on request.</summary>
    public bool DefersRestarts { get; init; }

    /// <summary>True for the path of a described file.</summary>
    public Func<string, bool> IsDescribed { get; init; } = static _ => false;
}

/// <summary>The consequence of a failed heal.</summary>
/// <param name="IsFinal">True: retrying does not help until something changes.</param>
/// <param name="Alarm">The alarm to raise at once; null: only when the heal is given up.</param>
public sealed record HealFailure(bool IsFinal, AlarmKind? Alarm);

/// <summary>How healing a kind differs from healing a plain fact such as a link or a file.</summary>
public sealed record HealTraits
{
    /// <summary>A plain fact: observed at little cost, healed at any time.</summary>
    public static HealTraits Plain { get; } = new();

    /// <summary>
    /// An object of a server, such as an account: a request for each observation, which needs the server, and nothing while the host boots.
    /// </summary>
    public static HealTraits OfServer { get; } =
        new()
        {
            WaitsForBoot = true,
            IsCostly = true,
            NeedsDependencies = true,
        };

    /// <summary>
    /// Not healed while the host boots: the service manager is working on it, or the change would disturb the boot.
    /// </summary>
    public bool WaitsForBoot { get; init; }

    /// <summary>
    /// Observing it costs several times more than a plain fact. When one of its dependencies deviates, that is healed first, and this
    /// is observed after the heal.
    /// </summary>
    public bool IsCostly { get; init; }

    /// <summary>
    /// Its change may wait long for a missing dependency, so all its dependencies are observed and healed together with it.
    /// </summary>
    public bool NeedsDependencies { get; init; }

    /// <summary>
    /// No event reports that it deviates, and the full check would find it too late: it is observed again this long after it was found as
    /// described. Null: events and the full check are enough.
    /// </summary>
    public TimeSpan? LookEvery { get; init; }

    /// <summary>A trigger file may still be edited or be put back a moment later: wait a short time after a change.</summary>
    public bool WaitsForWriters { get; init; }
}

/// <summary>A process of a resource, watched for its exit and for hangs.</summary>
/// <param name="Spec">The resource.</param>
/// <param name="Name">Name of the unit or program whose main process it is.</param>
/// <param name="Pid">Process id.</param>
public sealed record WatchedProcess(ResourceSpec Spec, string Name, int Pid);
