using System.Diagnostics;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Machine.Tests.Processes;

public sealed class HostProcessSignalsSpecs
{
    [Fact]
    public async Task A_stopped_process_is_detected_and_resumed()
    {
        var signals = new HostProcessSignals();
        using var process = Process.Start("sleep", "600");
        try
        {
            signals.IsStopped(process.Id).ShouldBeFalse();
            signals.Continue(process.Id, () => true).ShouldBeFalse();

            using (var stop = Process.Start("kill", ["-STOP", $"{process.Id}"]))
                await stop.WaitForExitAsync();
            while (!signals.IsStopped(process.Id))
                await Task.Delay(1);
            signals.Continue(process.Id, () => false).ShouldBeFalse();
            signals.IsStopped(process.Id).ShouldBeTrue();
            signals.Continue(process.Id, () => true).ShouldBeTrue();

            signals.IsStopped(process.Id).ShouldBeFalse();
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_sleeping_process_of_some_age_is_idle_and_a_working_one_is_not()
    {
        var signals = new HostProcessSignals();
        using var asleep = Process.Start("sleep", "600");
        using var atWork = Process.Start("sh", ["-c", "while :; do :; done"]);
        try
        {
            while (!signals.IsIdle(asleep.Id, TimeSpan.Zero))
                await Task.Delay(1);
            signals.IsIdle(asleep.Id, TimeSpan.FromHours(1)).ShouldBeFalse();
            await Task.Delay(100);
            signals.IsIdle(atWork.Id, TimeSpan.Zero).ShouldBeFalse();
        }
        finally
        {
            asleep.Kill();
            atWork.Kill();
            await asleep.WaitForExitAsync();
            await atWork.WaitForExitAsync();
        }
    }

    [Fact]
    public void A_missing_process_is_neither_stopped_nor_idle()
    {
        new HostProcessSignals().IsIdle(int.MaxValue, TimeSpan.Zero).ShouldBeFalse();
        new HostProcessSignals().IsStopped(int.MaxValue).ShouldBeFalse();
        new HostProcessSignals().IsStopped(0).ShouldBeFalse();
    }
}
