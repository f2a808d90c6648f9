using Cloudlet.Converge.Healing;
using Cloudlet.Healthd.Report;
using NSubstitute;

namespace Cloudlet.Healthd.Tests.Heal;

/// <summary>Other programs may use up the kernel's inotify limits: the daemon reports that, and observes by the clock.</summary>
public sealed class UnwatchedSpecs : IDisposable
{
    private readonly DaemonRig _rig = new();

    public UnwatchedSpecs()
    {
        _rig.Store.WriteApplied(DaemonRig.State("one"));
        _rig.Wakers.Unwatched.Returns([DaemonRig.Configuration]);
    }

    [Fact]
    public async Task An_unwatchable_path_raises_an_alarm_until_a_full_look_can_watch_it()
    {
        await _rig.StartAsync();
        _rig.Reports.Received(1)
            .Alarmed(Arg.Is<Alarm>(a => a.Kind == AlarmKind.EventsLimited && a.Cleared == null), Arg.Any<IReadOnlyList<Alarm>>());

        _rig.Wakers.When(w => w.Watch(Arg.Any<IReadOnlyCollection<string>>(), Arg.Any<IReadOnlyCollection<string>>()))
            .Do(_ => _rig.Wakers.Unwatched.Returns([]));
        _rig.Clock.Advance(TimeSpan.FromMinutes(20));
        await _rig.StepAsync();

        _rig.Reports.Received(1)
            .Alarmed(Arg.Is<Alarm>(a => a.Kind == AlarmKind.EventsLimited && a.Cleared != null), Arg.Any<IReadOnlyList<Alarm>>());
    }

    [Fact]
    public async Task A_change_without_an_event_is_healed_by_the_full_look()
    {
        await _rig.StartAsync();
        _rig.Machine.Files.Write(DaemonRig.Configuration, "by hand"u8, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        _rig.Clock.Advance(TimeSpan.FromMinutes(20));
        await _rig.StepAsync();

        _rig.Text.ShouldBe("one");
    }

    public void Dispose() => _rig.Dispose();
}
