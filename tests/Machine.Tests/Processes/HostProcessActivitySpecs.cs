using System.Diagnostics;
using Cloudlet.Machine.Processes;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Processes;

public sealed class HostProcessActivitySpecs
{
    private readonly HostProcessActivity _activity = new();

    [Fact]
    public async Task A_sleeping_process_makes_no_progress_and_a_working_one_does()
    {
        using var asleep = Process.Start("sleep", "600");
        using var atWork = Process.Start("sh", ["-c", "while sleep 0.01; do :; done"]);
        try
        {
            var before = await StillAsync(asleep.Id);
            var worked = _activity.Look(atWork.Id)[0].Moves;
            while (_activity.Look(atWork.Id)[0].Moves == worked)
                await Task.Delay(1);

            _activity.Look(asleep.Id).ShouldHaveSingleItem().ShouldBe(before);
            before.Stance.ShouldBe(ProcessStance.Waits);
        }
        finally
        {
            await EndAsync(asleep);
            await EndAsync(atWork);
        }
    }

    [Fact]
    public async Task A_stopped_process_is_held()
    {
        using var process = Process.Start("sleep", "600");
        try
        {
            using (var stop = Process.Start("kill", ["-STOP", $"{process.Id}"]))
                await stop.WaitForExitAsync();
            while (_activity.Look(process.Id)[0].Stance != ProcessStance.Held)
                await Task.Delay(1);
        }
        finally
        {
            await EndAsync(process);
        }
    }

    [Fact]
    public async Task Forked_children_are_workers_and_executed_programs_are_not()
    {
        // The shell forks for a subshell, and executes another program in the child for a command.
        using var process = Process.Start("sh", ["-c", "(while sleep 0.01; do :; done) & sleep 600 & wait"]);
        try
        {
            // In between, the child has the shell's command line, and counts.
            while (!Children(process.Id).Any(c => File.ReadAllText($"/proc/{c}/cmdline") == "sleep\0600\0"))
                await Task.Delay(1);
            _activity.Look(process.Id).Count.ShouldBe(2);
            _activity.Look(process.Id)[0].Pid.ShouldBe(process.Id);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }

    [Theory]
    [InlineData("S (sleeping)", 0, ProcessStance.Waits)]
    [InlineData("I (idle)", 0, ProcessStance.Waits)]
    [InlineData("R (running)", 0, ProcessStance.Ready)]
    [InlineData("D (disk sleep)", 0, ProcessStance.WaitsInKernel)]
    [InlineData("T (stopped)", 0, ProcessStance.Held)]
    [InlineData("t (tracing stop)", 9, ProcessStance.Held)]
    [InlineData("S (sleeping)", 9, ProcessStance.Held)]
    [InlineData("Z (zombie)", 0, ProcessStance.Waits)]
    public void The_most_telling_thread_decides(string state, int tracer, ProcessStance stance)
    {
        using var proc = new TempDir();
        proc.Write("7/stat", $"7 (a) b) S 1 {string.Join(' ', Enumerable.Range(5, 40))}");
        proc.Write("7/cmdline", "a");
        Thread(proc, 7, "S (sleeping)", 0);
        Thread(proc, 8, state, tracer);

        new HostProcessActivity(proc.Path)
            .Look(7)
            .ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(
                p => p.Stance.ShouldBe(stance),
                p => p.Started.ShouldBe(22),
                p => p.Moves.ShouldBe(14 + 15 + ((state[0] == 'Z' ? 1 : 2) * 34))
            );
    }

    [Fact]
    public void A_missing_process_has_no_activity()
    {
        _activity.Look(0).ShouldBeEmpty();
        _activity.Look(int.MaxValue).ShouldBeEmpty();
    }

    private static string[] Children(int pid) =>
        File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static void Thread(TempDir proc, int id, string state, int tracer)
    {
        proc.Write(
            $"7/task/{id}/status",
            $"Name:\ta\nState:\t{state}\nTracerPid:\t{tracer}\nvoluntary_ctxt_switches:\t30\nnonvoluntary_ctxt_switches:\t4\n"
        );
        proc.Write($"7/task/{id}/children", "");
    }

    /// <summary>Its state after its start; on a busy machine, a starting process may also not run, but it does not wait.</summary>
    private async Task<ProcessActivity> StillAsync(int pid)
    {
        while (true)
        {
            var before = _activity.Look(pid);
            await Task.Delay(50);
            if (before is [{ Stance: ProcessStance.Waits } one] && _activity.Look(pid) is [var two] && one == two)
                return one;
        }
    }

    private static async Task EndAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
    }
}
