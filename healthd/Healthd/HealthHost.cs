using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.State;
using Cloudlet.Machine;
using Cloudlet.Resources.Units;

namespace Cloudlet.Healthd;

/// <summary>What the daemon needs of the host that it holds.</summary>
public sealed record HealthHost
{
    /// <summary>The machine.</summary>
    public required IMachine Machine { get; init; }

    /// <summary>Its kinds of resources.</summary>
    public required KindRegistry Kinds { get; init; }

    /// <summary>What is kept between runs; its lock is taken without waiting.</summary>
    public required IConvergeStore Store { get; init; }

    /// <summary>Brings the host back when nobody confirms an apply.</summary>
    public required IGuard Guard { get; init; }

    /// <summary>The watchers.</summary>
    public required IWakers Wakers { get; init; }

    /// <summary>The kernel's host name.</summary>
    public required Func<string> HostName { get; init; }

    /// <summary>Where applied state, journal, holds and the daemon's own files are.</summary>
    public required HealthPaths Paths { get; init; }

    /// <summary>What the kind of units remembers of their processes, to find those that hang; null: none is found.</summary>
    public UnitActivity? Activity { get; init; }

    /// <summary>Gives back memory that waiting does not need; called when there is nothing to do after there was.</summary>
    public Action Rest { get; init; } = static () => { };

    /// <summary>The narrowed loop over this host.</summary>
    public Healer Healer(TimeProvider clock, ConvergeEventSink events) => new(Kinds, Store, clock, events);

    /// <summary>The whole loop, for finishing an apply that was killed.</summary>
    public Converger Converger(TimeProvider clock, ConvergeEventSink events) => new(Kinds, Store, Guard, clock, events);
}

/// <summary>Files that the daemon reads and writes.</summary>
/// <param name="Applied">The state that the host is held to.</param>
/// <param name="Journal">The journal of the last apply.</param>
/// <param name="Folder">Folder of its own that survives a reboot: records, alarms, identity, hold, a copy of the state. Nothing of it has to survive.</param>
/// <param name="RunFolder">Folder of its own that does not: status, requests.</param>
public sealed record HealthPaths(string Applied, string Journal, string Folder, string RunFolder)
{
    /// <summary>Of the machine itself.</summary>
    public static HealthPaths Host { get; } = new("/var/lib/cloudlet/applied.json", "/var/lib/cloudlet/journal.json", "/var/lib/cloudlet/health", "/run/cloudlet/health");

    /// <summary>The status, as JSON.</summary>
    public string Status => $"{RunFolder}/status.json";

    /// <summary>There when deferred restarts were released.</summary>
    public string Release => $"{RunFolder}/release";

    /// <summary>As many bytes as the daemon started anew because of its own configuration.</summary>
    public string Restarts => $"{RunFolder}/restarts";

    /// <summary>The hold.</summary>
    public string Hold => $"{Folder}/hold.json";

    /// <summary>The recorded identity.</summary>
    public string Identity => $"{Folder}/identity.json";

    /// <summary>A copy of the state, for when the original is lost.</summary>
    public string StateCopy => $"{Folder}/state.json";

    /// <summary>Heals, one JSON object a line.</summary>
    public string Records => $"{Folder}/heals.jsonl";

    /// <summary>Alarms raised and cleared, one JSON object a line.</summary>
    public string Alarms => $"{Folder}/alarms.jsonl";

    /// <summary>Active alarms.</summary>
    public string ActiveAlarms => $"{Folder}/active-alarms.json";
}
