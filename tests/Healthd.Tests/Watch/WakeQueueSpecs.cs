using Cloudlet.Healthd.Watch;
using Cloudlet.TestKit;

namespace Cloudlet.Healthd.Tests.Watch;

public sealed class WakeQueueSpecs : IDisposable
{
    private const string Unit = "unit:a.service";

    private readonly ManualClock _clock = new() { JumpsOverWaits = false };
    private readonly WakeQueue _queue;

    public WakeQueueSpecs() => _queue = new WakeQueue(_clock);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task However_many_events_come_a_resource_is_observed_once()
    {
        var first = _clock.GetTimestamp();
        _queue.Post(["link:a"], "first", first);
        After(5);
        _queue.Post(["link:a", "link:b"], "second", _clock.GetTimestamp());

        var wakening = await NowAsync();

        wakening!.Ids!.ShouldBe(["link:a", "link:b"], ignoreOrder: true);
        (wakening.Because, wakening.Since).ShouldBe(("first", first));
        (await NowAsync()).ShouldBeNull();
    }

    [Fact]
    public void Nothing_is_null_after_the_longest_wait() =>
        _queue.Take(TimeSpan.FromMilliseconds(1), CancellationToken.None).ShouldBeNull();

    [Fact]
    public async Task An_event_ends_the_wait()
    {
        var waiting = Task.Run(() => _queue.Take(TimeSpan.FromSeconds(30), CancellationToken.None));
        _queue.Post(["link:a"], "x", _clock.GetTimestamp());

        (await waiting.WaitAsync(TimeSpan.FromSeconds(10)))!.Ids!.ShouldBe(["link:a"]);
    }

    [Fact]
    public async Task A_cancelled_wait_ends()
    {
        using var stop = new CancellationTokenSource();
        var waiting = Task.Run(() => _queue.Take(TimeSpan.FromSeconds(30), stop.Token));
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
    }

    [Fact]
    public async Task A_patient_look_waits_for_quiet()
    {
        Edit();
        After(200);
        Edit();
        After(240);
        (await NowAsync()).ShouldBeNull();
        After(10);

        (await NowAsync())!.Ids!.ShouldBe([Unit]);
    }

    [Fact]
    public async Task Patience_has_a_bound()
    {
        var start = _clock.GetTimestamp();
        WorkBatch? wakening = null;
        for (var passed = 0; passed <= 700; passed += 50)
        {
            (wakening = await NowAsync()).ShouldBeNull();
            Edit();
            After(50);
        }

        wakening = await NowAsync();
        wakening!.Since.ShouldBe(start);
        _clock.GetElapsedTime(start).ShouldBe(TimeSpan.FromMilliseconds(750));
    }

    [Fact]
    public async Task An_urgent_look_does_not_wait_for_quiet_and_stays_urgent()
    {
        Edit();
        _queue.Post([Unit], "it ended", _clock.GetTimestamp());
        Edit();

        (await NowAsync())!.Ids!.ShouldBe([Unit]);
    }

    [Fact]
    public async Task A_later_look_comes_later_and_the_earlier_of_two_counts()
    {
        _queue.PostLater("link:a", "retry", TimeSpan.FromSeconds(2));
        _queue.PostLater("link:a", "retry", TimeSpan.FromSeconds(1));
        _queue.PostLater("link:a", "retry", TimeSpan.FromSeconds(3));
        After(999);
        (await NowAsync()).ShouldBeNull();
        After(1);

        (await NowAsync())!.Ids!.ShouldBe(["link:a"]);
        After(3000);
        (await NowAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task An_event_before_a_later_look_is_the_trigger()
    {
        _queue.PostLater("link:a", "retry", TimeSpan.FromSeconds(60));
        var now = _clock.GetTimestamp();
        _queue.Post(["link:a"], "it changed", now);

        var wakening = await NowAsync();

        (wakening!.Because, wakening.Since).ShouldBe(("it changed", now));
    }

    [Fact]
    public async Task A_later_look_does_not_hide_the_time_of_a_patient_one()
    {
        var start = _clock.GetTimestamp();
        Edit();
        _queue.PostLater(Unit, "retry", TimeSpan.FromMilliseconds(100));
        After(100);

        var wakening = await NowAsync();

        (wakening!.Because, wakening.Since).ShouldBe(("edit", start));
    }

    [Fact]
    public async Task A_look_at_everything_replaces_all_others()
    {
        _queue.Post(["link:a"], "x", _clock.GetTimestamp());
        _queue.PostLater("link:b", "retry", TimeSpan.FromSeconds(1));
        _queue.PostAll("overflow", _clock.GetTimestamp());
        _queue.PostAll("again", _clock.GetTimestamp());

        var wakening = await NowAsync();

        (wakening!.Ids, wakening.Because).ShouldBe((null, "overflow"));
        After(2000);
        (await NowAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Several_threads_may_post_at_once()
    {
        await Parallel.ForAsync(
            0,
            64,
            (i, _) =>
            {
                _queue.Post([$"link:{i}"], "x", _clock.GetTimestamp());
                return ValueTask.CompletedTask;
            }
        );

        (await NowAsync())!.Ids!.Count.ShouldBe(64);
    }

    [Fact]
    public void An_event_after_the_end_is_ignored()
    {
        _queue.Dispose();

        _queue.Post(["link:a"], "x", _clock.GetTimestamp());
    }

    private Task<WorkBatch?> NowAsync() => Task.FromResult(_queue.Take(TimeSpan.Zero, CancellationToken.None));

    private void Edit() => _queue.PostPatiently(Unit, "edit", _clock.GetTimestamp());

    private void After(int milliseconds) => _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
