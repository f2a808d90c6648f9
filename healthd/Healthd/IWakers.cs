using Cloudlet.Converge.Kinds;

namespace Cloudlet.Healthd;

/// <summary>The watchers of a host. An event only wakes: what is there is for the look to find out.</summary>
public interface IWakers : IDisposable
{
    /// <summary>Begins to pass on events.</summary>
    /// <param name="woken">Takes the thing that may have changed and the timestamp of its event; from any thread.</param>
    /// <param name="lost">Takes a reason why events may have been lost, and their timestamp: look at everything.</param>
    void Start(Action<Wake, long> woken, Action<string, long> lost);

    /// <summary>Replaces what is watched.</summary>
    /// <param name="paths">Absolute paths of files, folders and symbolic links.</param>
    /// <param name="units">Names of units.</param>
    void Watch(IReadOnlyCollection<string> paths, IReadOnlyCollection<string> units);

    /// <summary>Replaces the processes whose end is watched: unit name → main process.</summary>
    void WatchProcesses(IReadOnlyDictionary<string, int> processes);

    /// <summary>Paths that cannot be watched, because a limit of the kernel is reached.</summary>
    IReadOnlyCollection<string> Unwatched { get; }
}
