using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.State;
using Cloudlet.Machine;
using Cloudlet.Resources.Kinds.Units;

namespace Cloudlet.Healthd.Hosting;

/// <summary>What the daemon needs from its host.</summary>
public sealed record HealthHost
{
    /// <summary>The machine.</summary>
    public required IMachine Machine { get; init; }

    /// <summary>The kinds of resources.</summary>
    public required KindRegistry Kinds { get; init; }

    /// <summary>Records between runs; its lock is taken without waiting.</summary>
    public required IConvergeStore Store { get; init; }

    /// <summary>Rolls the host back when an apply is not confirmed.</summary>
    public required IGuard Guard { get; init; }

    /// <summary>The watchers.</summary>
    public required IHostWatchers Wakers { get; init; }

    /// <summary>The kernel's host name.</summary>
    public required Func<string> HostName { get; init; }

    /// <summary>Where applied state, journal, holds and the daemon's own files are.</summary>
    public required HealthPaths Paths { get; init; }

    /// <summary>Activity of the units' processes, for detecting hung ones; null: no detection.</summary>
    public UnitActivity? Activity { get; init; }

    /// <summary>
    /// Whether the program that systemd would start is known to run: only then the daemon exits in order to be replaced by it.
    /// </summary>
    public Func<CancellationToken, Task<bool>> CanStartAgain { get; init; } = static _ => Task.FromResult(true);

    /// <summary>Releases memory that is not needed while waiting; called when there is nothing left to do.</summary>
    public Action Rest { get; init; } = static () => { };

    /// <summary>The loop for some resources of this host.</summary>
    public PartialConverger Healer(TimeProvider clock, ConvergeEventSink events) => new(Kinds, Store, clock, events);

    /// <summary>The whole loop, for finishing an apply that was killed.</summary>
    public Converger Converger(TimeProvider clock, ConvergeEventSink events) => new(Kinds, Store, Guard, clock, events);
}

/// <summary>Files that the daemon reads and writes.</summary>
/// <param name="Applied">The host's desired state.</param>
/// <param name="Journal">The journal of the last apply.</param>
/// <param name="Folder">The daemon's folder that survives a reboot: records, alarms, identity, hold, a copy of the state. All of it may
/// be lost.</param>
/// <param name="RunFolder">The daemon's folder that does not survive a reboot: status, requests.</param>
public sealed record HealthPaths(string Applied, string Journal, string Folder, string RunFolder)
{
    /// <summary>The paths of the machine itself.</summary>
    public static HealthPaths Host { get; } =
        new("/var/lib/cloudlet/applied.json", "/var/lib/cloudlet/journal.json", "/var/lib/cloudlet/health", "/run/cloudlet/health");

    /// <summary>The status, as JSON.</summary>
    public string Status => $"{RunFolder}/status.json";

    /// <summary>Exists when deferred restarts were released.</summary>
    public string Release => $"{RunFolder}/release";

    /// <summary>One byte for each restart of the daemon because of its own configuration.</summary>
    public string Restarts => $"{RunFolder}/restarts";

    /// <summary>The hold.</summary>
    public string Hold => $"{Folder}/hold.json";

    /// <summary>The recorded identity of the host.</summary>
    public string Identity => $"{Folder}/identity.json";

    /// <summary>A copy of the state, for when the original is lost.</summary>
    public string StateCopy => $"{Folder}/state.json";

    /// <summary>Heals, one JSON object per line.</summary>
    public string Records => $"{Folder}/heals.jsonl";

    /// <summary>Alarms raised and cleared, one JSON object per line.</summary>
    public string Alarms => $"{Folder}/alarms.jsonl";

    /// <summary>Active alarms.</summary>
    public string ActiveAlarms => $"{Folder}/active-alarms.json";
}
