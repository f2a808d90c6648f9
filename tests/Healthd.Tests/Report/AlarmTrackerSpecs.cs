using Cloudlet.Converge.Healing;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Report;
using Cloudlet.TestKit;

namespace Cloudlet.Healthd.Tests.Report;

public sealed class AlarmTrackerSpecs
{
    private readonly ManualClock clock = new();
    private readonly List<Alarm> changes = [];
    private readonly AlarmTracker book;

    public AlarmTrackerSpecs() => book = new AlarmTracker(clock, changes.Add);

    [Fact]
    public void An_alarm_is_raised_once_and_cleared_once()
    {
        book.Raise(AlarmKind.GaveUp, "link:a", "one");
        book.Raise(AlarmKind.GaveUp, "link:a", "two");
        changes.ShouldHaveSingleItem().Message.ShouldBe("one");

        clock.Advance(TimeSpan.FromMinutes(1));
        book.Clear(AlarmKind.GaveUp, "link:a");
        book.Clear(AlarmKind.GaveUp, "link:a");

        changes.Count.ShouldBe(2);
        changes[1].Cleared.ShouldBe(clock.GetUtcNow());
        book.Active.ShouldBeEmpty();
    }

    [Fact]
    public void A_cleared_alarm_can_be_raised_again()
    {
        book.Raise(AlarmKind.Disk, "host", "full");
        book.Clear(AlarmKind.Disk, "host");
        book.Raise(AlarmKind.Disk, "host", "full again");

        changes.Count.ShouldBe(3);
    }

    [Fact]
    public void Active_alarms_come_oldest_first()
    {
        book.Raise(AlarmKind.GaveUp, "link:b", "");
        clock.Advance(TimeSpan.FromSeconds(1));
        book.Raise(AlarmKind.GaveUp, "link:a", "");

        book.Active.Select(a => a.Subject).ShouldBe(["link:b", "link:a"]);
    }

    [Fact]
    public void An_alarm_active_before_a_restart_is_not_raised_again_and_can_be_cleared()
    {
        book.Restore([Samples.Alarm(), Samples.Alarm(AlarmKind.Disk) with { Cleared = Samples.Noon }]);

        book.Raise(AlarmKind.GaveUp, "link:a", "again");
        changes.ShouldBeEmpty();
        book.Active.ShouldHaveSingleItem();

        book.Clear(AlarmKind.GaveUp, "link:a");
        changes.ShouldHaveSingleItem();
    }

    [Fact]
    public void Clearing_about_a_subject_leaves_other_subjects_and_excepted_kinds()
    {
        book.Raise(AlarmKind.GaveUp, "link:a", "");
        book.Raise(AlarmKind.Flapping, "link:a", "");
        book.Raise(AlarmKind.GaveUp, "link:b", "");

        book.ClearAbout("link:a", AlarmKind.Flapping);

        book.Active.Select(a => a.Key).ShouldBe([(AlarmKind.Flapping, "link:a"), (AlarmKind.GaveUp, "link:b")], ignoreOrder: true);
    }

    [Fact]
    public void Forgetting_clears_alarms_of_undescribed_resources_but_not_of_the_host()
    {
        book.Raise(AlarmKind.GaveUp, "link:a", "");
        book.Raise(AlarmKind.GaveUp, "link:b", "");
        book.Raise(AlarmKind.MassLoss, "host", "");

        book.Forget(id => id == "link:b");

        book.Active.Select(a => a.Subject).ShouldBe(["link:b", "host"], ignoreOrder: true);
        changes[^1].Cleared.ShouldNotBeNull();
    }
}
