using Cloudlet.Converge.Healing;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Report;
using Cloudlet.TestKit;

namespace Cloudlet.Healthd.Tests.Report;

public sealed class AlarmTrackerSpecs
{
    private readonly ManualClock _clock = new();
    private readonly List<Alarm> _changes = [];
    private readonly AlarmTracker _book;

    public AlarmTrackerSpecs() => _book = new AlarmTracker(_clock, _changes.Add);

    [Fact]
    public void An_alarm_is_raised_once_and_cleared_once()
    {
        _book.Raise(AlarmKind.GaveUp, "link:a", "one");
        _book.Raise(AlarmKind.GaveUp, "link:a", "two");
        _changes.ShouldHaveSingleItem().Message.ShouldBe("one");

        _clock.Advance(TimeSpan.FromMinutes(1));
        _book.Clear(AlarmKind.GaveUp, "link:a");
        _book.Clear(AlarmKind.GaveUp, "link:a");

        _changes.Count.ShouldBe(2);
        _changes[1].Cleared.ShouldBe(_clock.GetUtcNow());
        _book.Active.ShouldBeEmpty();
    }

    [Fact]
    public void A_cleared_alarm_can_be_raised_again()
    {
        _book.Raise(AlarmKind.Disk, "host", "full");
        _book.Clear(AlarmKind.Disk, "host");
        _book.Raise(AlarmKind.Disk, "host", "full again");

        _changes.Count.ShouldBe(3);
    }

    [Fact]
    public void Active_alarms_come_oldest_first()
    {
        _book.Raise(AlarmKind.GaveUp, "link:b", "");
        _clock.Advance(TimeSpan.FromSeconds(1));
        _book.Raise(AlarmKind.GaveUp, "link:a", "");

        _book.Active.Select(a => a.Subject).ShouldBe(["link:b", "link:a"]);
    }

    [Fact]
    public void An_alarm_active_before_a_restart_is_not_raised_again_and_can_be_cleared()
    {
        _book.Restore([Samples.Alarm(), Samples.Alarm(AlarmKind.Disk) with { Cleared = Samples.Noon }]);

        _book.Raise(AlarmKind.GaveUp, "link:a", "again");
        _changes.ShouldBeEmpty();
        _book.Active.ShouldHaveSingleItem();

        _book.Clear(AlarmKind.GaveUp, "link:a");
        _changes.ShouldHaveSingleItem();
    }

    [Fact]
    public void Clearing_about_a_subject_leaves_other_subjects_and_excepted_kinds()
    {
        _book.Raise(AlarmKind.GaveUp, "link:a", "");
        _book.Raise(AlarmKind.Flapping, "link:a", "");
        _book.Raise(AlarmKind.GaveUp, "link:b", "");

        _book.ClearAbout("link:a", AlarmKind.Flapping);

        _book.Active.Select(a => a.Key).ShouldBe([(AlarmKind.Flapping, "link:a"), (AlarmKind.GaveUp, "link:b")], ignoreOrder: true);
    }

    [Fact]
    public void Forgetting_clears_alarms_of_undescribed_resources_but_not_of_the_host()
    {
        _book.Raise(AlarmKind.GaveUp, "link:a", "");
        _book.Raise(AlarmKind.GaveUp, "link:b", "");
        _book.Raise(AlarmKind.MassLoss, "host", "");

        _book.Forget(id => id == "link:b");

        _book.Active.Select(a => a.Subject).ShouldBe(["link:b", "host"], ignoreOrder: true);
        _changes[^1].Cleared.ShouldNotBeNull();
    }
}
