using Cloudlet.Machine.Systemd;
using NSubstitute;

namespace Cloudlet.Healthd.Tests.Heal;

/// <summary>Units that the daemon starts, and that may be ordered after it.</summary>
public sealed class UnitStartSpecs
{
    [Fact]
    public async Task A_stopped_unit_is_started_only_when_the_daemon_is_ready()
    {
        using var rig = new DaemonRig();
        rig.Store.WriteApplied(DaemonRig.State("one"));

        await rig.StartAsync();
        rig.Text.ShouldBe("one");
        rig.Machine.Systemd.Calls.ShouldBeEmpty();

        await rig.StepAsync();
        rig.Machine.Systemd.Calls.ShouldBe([$"start {DaemonRig.Unit}"]);
    }

    [Fact]
    public async Task While_a_unit_starts_slowly_the_daemon_answers_its_watchdog()
    {
        var slow = new SlowStarts();
        using var rig = new DaemonRig(slow.Around);
        rig.Store.WriteApplied(DaemonRig.State("one"));
        using var stop = new CancellationTokenSource();
        var answers = 0;

        await rig
            .Daemon.RunAsync(ready: () => { }, Alive, stop.Token)
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        answers.ShouldBeGreaterThanOrEqualTo(3);

        void Alive()
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            // The daemon's clock jumps over its waits: without this, hours would pass for it before the other thread reaches the start.
            SpinWait.SpinUntil(() => slow.IsStarting, TimeSpan.FromMilliseconds(50));
            if (!slow.IsStarting || ++answers < 3)
                return;
            stop.Cancel();
            slow.End();
        }
    }

    /// <summary>A service manager whose jobs finish when a test says so.</summary>
    private sealed class SlowStarts
    {
        private readonly TaskCompletionSource _started = new();
        private volatile bool _isStarting;

        public bool IsStarting => _isStarting;

        public void End() => _started.TrySetResult();

        public ISystemd Around(ISystemd systemd)
        {
            var slow = Substitute.For<ISystemd>();
            slow.Get(Arg.Any<string>()).Returns(call => systemd.Get(call.Arg<string>()));
            slow.StartAsync(Arg.Any<string>(), Arg.Any<CancellationToken>())
                .Returns(_ =>
                {
                    _isStarting = true;
                    return _started.Task;
                });
            return slow;
        }
    }
}
