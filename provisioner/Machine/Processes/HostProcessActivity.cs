using System.Globalization;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Processes;

/// <summary>Activity of this host's processes by proc(5). Processes that end in the meantime are left out.</summary>
/// <param name="proc">Where proc is mounted.</param>
public sealed class HostProcessActivity(string proc = "/proc") : IProcessActivity
{
    /// <inheritdoc/>
    public IReadOnlyList<ProcessActivity> Look(int mainPid)
    {
        if (mainPid <= 0 || Of(mainPid) is not { } main)
            return [];
        List<ProcessActivity> all = [main];
        var command = Read($"{proc}/{mainPid}/cmdline");
        foreach (var child in Threads(mainPid).SelectMany(Children))
            if (Read($"{proc}/{child}/cmdline") == command && Of(child) is { } worker)
                all.Add(worker);
        return all;
    }

    /// <summary>Null for a process that has ended, zombies included.</summary>
    private ProcessActivity? Of(int pid)
    {
        if (ProcessStat.Read(pid, proc) is not { } stat)
            return null;
        var moves = stat.UserTicks + stat.SystemTicks;
        ProcessStance? stance = null;
        foreach (var thread in Threads(pid))
        {
            if (ThreadOf(Read($"{thread}/status")) is not var (state, switches, isTraced) || state is 'Z' or 'X')
                continue;
            moves += switches;
            stance = Stronger(
                stance,
                isTraced || state is 'T' or 't' ? ProcessStance.Held
                    : state == 'R' ? ProcessStance.Ready
                    : state == 'D' ? ProcessStance.WaitsInKernel
                    : ProcessStance.Waits
            );
        }

        return stance is { } all ? new ProcessActivity(pid, stat.StartTicks, moves, all) : null;
    }

    /// <summary>A thread that is stopped or ready determines the stance of the process, whatever the others wait for.</summary>
    private static ProcessStance Stronger(ProcessStance? one, ProcessStance other) =>
        one == ProcessStance.Held || other == ProcessStance.Held ? ProcessStance.Held
        : one == ProcessStance.Ready || other == ProcessStance.Ready ? ProcessStance.Ready
        : one == ProcessStance.WaitsInKernel ? ProcessStance.WaitsInKernel
        : other;

    private static (char State, long Switches, bool IsTraced)? ThreadOf(string status)
    {
        var (state, switches, isTraced) = (' ', 0L, false);
        foreach (var line in status.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("State:"))
                state = line["State:".Length..].TrimStart() is [var letter, ..] ? letter : ' ';
            else if (line.StartsWith("TracerPid:"))
                isTraced = line["TracerPid:".Length..].Trim() is not "0";
            else if (line.StartsWith("voluntary_ctxt_switches:") || line.StartsWith("nonvoluntary_ctxt_switches:"))
                switches += Number(line[(line.IndexOf(':') + 1)..].Trim());
        }

        return state == ' ' ? null : (state, switches, isTraced);
    }

    private string[] Threads(int pid)
    {
        try
        {
            return Directory.GetDirectories($"{proc}/{pid}/task");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IEnumerable<int> Children(string thread) =>
        Read($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pid => (int)Number(pid));

    private static long Number(ReadOnlySpan<char> text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>A file of a process; empty when the process has ended.</summary>
    private static string Read(string path) => ProcFile.TryRead(path) ?? "";
}
