using Cloudlet.Converge.Kinds;

namespace Cloudlet.Healthd.Hosting;

/// <summary>The watchers of a host. An event is only a trigger: the daemon then observes what is there.</summary>
public interface IHostWatchers : IDisposable
{
    /// <summary>Starts to pass on events.</summary>
    /// <param name="woken">Receives what may have changed and the timestamp of the event; called from any thread.</param>
    /// <param name="lost">Receives the reason why events may have been lost, and a timestamp: everything must be observed.</param>
    void Start(Action<Trigger, long> woken, Action<string, long> lost);

    /// <summary>Replaces what is watched.</summary>
    /// <param name="paths">Absolute paths of files, folders and symbolic links.</param>
    /// <param name="units">Names of units.</param>
    void Watch(IReadOnlyCollection<string> paths, IReadOnlyCollection<string> units);

    /// <summary>Replaces the processes whose end is watched: unit name → main process.</summary>
    void WatchProcesses(IReadOnlyDictionary<string, int> processes);

    /// <summary>Paths that cannot be watched, because a kernel limit is reached.</summary>
    IReadOnlyCollection<string> Unwatched { get; }
}
