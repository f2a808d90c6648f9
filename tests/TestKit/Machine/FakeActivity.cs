using Cloudlet.Machine.Processes;

namespace Cloudlet.TestKit.Machine;

/// <summary>Processes of a host in memory, and their progress: by default, a process progresses between two looks.</summary>
public sealed class FakeActivity : IProcessActivity
{
    private long _looks;

    /// <summary>Main process → its workers; a main process without an entry has none.</summary>
    public IDictionary<int, int[]> Workers { get; } = new Dictionary<int, int[]>();

    /// <summary>Processes that no longer run, and their state instead.</summary>
    public IDictionary<int, ProcessStance> Still { get; } = new Dictionary<int, ProcessStance>();

    /// <summary>Process id → start time, if it is not zero.</summary>
    public IDictionary<int, long> Started { get; } = new Dictionary<int, long>();

    /// <summary>How many looks there were.</summary>
    public long Looks => _looks;

    /// <inheritdoc/>
    public IReadOnlyList<ProcessActivity> Look(int mainPid)
    {
        _looks++;
        return [.. new[] { mainPid }.Concat(Workers.TryGetValue(mainPid, out var workers) ? workers : []).Select(Of)];
    }

    private ProcessActivity Of(int pid)
    {
        var started = Started.TryGetValue(pid, out var time) ? time : 0;
        return Still.TryGetValue(pid, out var stance)
            ? new ProcessActivity(pid, started, -1, stance)
            : new ProcessActivity(pid, started, _looks, ProcessStance.Waits);
    }
}
