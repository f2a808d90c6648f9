using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Tests;

/// <summary>
/// What we did not create, we do not delete: a resource that is no longer described is removed, restored or kept, and the plan says which.
/// </summary>
public class LeavingSpecs
{
    private static readonly ApplyOptions Window = new() { ConfirmWithin = TimeSpan.FromSeconds(60) };

    private readonly Rig _rig = new();

    [Fact]
    public async Task An_existing_resource_that_we_changed_is_restored_and_the_plan_says_so()
    {
        _rig.Put(Rig.File("a", "theirs"));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "ours")));

        var change = (await _rig.PlanAsync(Rig.State())).Changes.ShouldHaveSingleItem();
        (change.Action, change.Reason, change.Properties.Single().Path).ShouldBe(
            (ChangeAction.Restore, "it was there before us, and that state is restored", "content")
        );
        (await _rig.ApplyAsync(Rig.State())).Result.ShouldBe(RunResult.Changed);

        _rig.Picture.ShouldBe("file:/a theirs 0644 ");
        (await _rig.ApplyAsync(Rig.State())).Result.ShouldBe(RunResult.Unchanged);
        (await _rig.PlanAsync(Rig.State())).Kept.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_existing_resource_that_was_as_described_stays_whatever_else_is_applied()
    {
        _rig.Put(Rig.File("a", "as described"));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "as described"), Rig.File("b")));
        _rig.Put(Rig.File("a", "drift"));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "as described"), Rig.File("b", "new")));

        var plan = await _rig.PlanAsync(Rig.State(Rig.File("b", "new")));
        plan.Changes.ShouldBeEmpty();
        plan.Kept.ShouldBe([new KeptResource("file:/a", "it is as it was before us")]);
        await _rig.ApplyAsync(Rig.State(Rig.File("b", "new")));

        _rig.Kind.Host["file:/a"].Content.ShouldBe("as described");
    }

    [Fact]
    public async Task A_resource_of_ours_that_was_replaced_by_others_is_kept_for_good()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "ours"), Rig.File("b")));
        _rig.Put(Rig.File("a", "theirs"));

        (await _rig.PlanAsync(Rig.State(Rig.File("b")))).Kept.ShouldBe([
            new KeptResource("file:/a", "we made it, but it was changed or replaced since"),
        ]);
        (await _rig.ApplyAsync(Rig.State(Rig.File("b")))).Result.ShouldBe(RunResult.Unchanged);

        // From now on it belongs to others, even if it is described with the same content for a while.
        await _rig.ApplyAsync(Rig.State(Rig.File("b"), Rig.File("a", "theirs")));
        await _rig.ApplyAsync(Rig.State(Rig.File("b")));
        _rig.Kind.Host["file:/a"].Content.ShouldBe("theirs");
    }

    [Fact]
    public async Task A_resource_changed_again_by_others_is_kept()
    {
        _rig.Put(Rig.File("a", "first"));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "ours")));
        _rig.Put(Rig.File("a", "second"));

        (await _rig.PlanAsync(Rig.State())).Kept.ShouldBe([new KeptResource("file:/a", "we changed it, but it was changed again since")]);
        await _rig.ApplyAsync(Rig.State());
        _rig.Kind.Host["file:/a"].Content.ShouldBe("second");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_resource_that_an_apply_could_not_change_is_not_ours(bool wasThere)
    {
        if (wasThere)
            _rig.Put(Rig.File("a", "theirs"));
        _rig.Kind.BeforeApply = static id => Throw(id == "file:/a", ErrorKind.PermissionDenied);
        (await _rig.ApplyAsync(Rig.State(Rig.File("a", "ours"), Rig.File("b")))).Result.ShouldBe(RunResult.Failed);
        _rig.Kind.BeforeApply = null;
        if (!wasThere)
            _rig.Put(Rig.File("a", "ours")); // by chance the content that we wanted to write

        await _rig.ApplyAsync(Rig.State(Rig.File("b")));
        _rig.Kind.Host["file:/a"].Content.ShouldBe(wasThere ? "theirs" : "ours");
    }

    [Fact]
    public async Task A_resource_removed_by_a_failed_run_and_recreated_by_others_is_theirs()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b")));
        _rig.Kind.BeforeApply = static id => Throw(id == "file:/b", ErrorKind.NoSpace);
        (await _rig.ApplyAsync(Rig.State(Rig.File("b", "new")))).Result.ShouldBe(RunResult.Failed);
        _rig.Store.ReadApplied()!.Resources.Select(r => r.Id).ShouldBe(["file:/b"]);
        _rig.Kind.BeforeApply = null;
        _rig.Put(Rig.File("a"));

        (await _rig.ApplyAsync(Rig.State(Rig.File("b", "new")))).Result.ShouldBe(RunResult.Changed);
        _rig.Kind.Host.ShouldContainKey("file:/a");
    }

    [Fact]
    public async Task A_resource_first_changed_by_the_daemon_has_an_earlier_state_too()
    {
        _rig.Put(Rig.File("a", "theirs"));
        _rig.Kind.BeforeApply = static id => Throw(id == "file:/a", ErrorKind.ReadOnly);
        var state = Rig.State(Rig.File("a", "ours"), Rig.File("b"));
        await _rig.ApplyAsync(state);
        _rig.Kind.BeforeApply = null;
        var healer = new PartialConverger(new KindRegistry().Add(_rig.Kind), _rig.Store, _rig.Clock, static _ => { });
        await healer.HealAsync(state, await healer.ObserveAndPlanAsync(state, null, default), default);
        _rig.Kind.Host["file:/a"].Content.ShouldBe("ours");

        await _rig.ApplyAsync(Rig.State());
        _rig.Picture.ShouldBe("file:/a theirs 0644 ");
    }

    [Fact]
    public async Task A_state_of_a_version_without_these_facts_is_kept_unless_a_record_or_a_mark_proves_it_ours()
    {
        _rig.Put(Rig.File("unproved"), Rig.File("marked"), Rig.File("made"), Rig.File("changed", "ours"));
        _rig.Kind.Marked.Add("/marked");
        _rig.Store.WriteApplied(Rig.State(Rig.File("unproved"), Rig.File("marked"), Rig.File("made"), Rig.File("changed", "ours")));
        _rig.Store.WriteOrigin(
            Baseline.Parse(
                """{"before":[{"resource":"file","id":"file:/changed","path":"/changed","kind":"file","content":"theirs"}],"created":[{"resource":"file","id":"file:/made","path":"/made","kind":"file","content":"x"}]}"""u8
            )
        );

        var plan = await _rig.PlanAsync(Rig.State());
        plan.Changes.Select(c => (c.Id, c.Action))
            .ShouldBe([
                ("file:/changed", ChangeAction.Restore),
                ("file:/made", ChangeAction.Remove),
                ("file:/marked", ChangeAction.Remove),
            ]);
        plan.Kept.ShouldBe([new KeptResource("file:/unproved", "no record says that we made or changed it")]);
        await _rig.ApplyAsync(Rig.State());
        _rig.Picture.ShouldBe("file:/changed theirs 0644 \nfile:/unproved x 0644 ");
    }

    [Fact]
    public async Task A_recorded_resource_that_cannot_be_observed_any_more_stops_nothing()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("bad name"), Rig.File("a")));
        _rig.Kind.BeforeObserve = static id => Throw(id == "file:/bad name", ErrorKind.InvalidInput);

        (await _rig.PlanAsync(Rig.State(Rig.File("a")))).Kept.ShouldHaveSingleItem().Id.ShouldBe("file:/bad name");
        (await _rig.ApplyAsync(Rig.State(Rig.File("a")))).Result.ShouldBe(RunResult.Unchanged);
        _rig.Store.ReadApplied()!.Resources.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_described_resource_that_can_never_be_observed_ends_a_run_before_the_first_change()
    {
        _rig.Kind.BeforeObserve = static id => Throw(id == "file:/fifo", ErrorKind.InvalidInput);
        (
            await Should.ThrowAsync<CloudletException>(() => _rig.ApplyAsync(Rig.State(Rig.File("fifo"), Rig.File("a"))))
        ).Message.ShouldContain("nothing was changed");
        (_rig.Kind.Calls.Count, _rig.Store.Writes).ShouldBe((0, 0));

        _rig.Kind.BeforeObserve = null;
        (await _rig.ApplyAsync(Rig.State(Rig.File("fifo"), Rig.File("a")))).Result.ShouldBe(RunResult.Changed);
    }

    [Fact]
    public async Task A_kind_that_this_host_does_not_have_stops_nothing()
    {
        var link = new Cloudlet.DesiredState.Kinds.Links.LinkSpec
        {
            Id = "link:lan0",
            Name = "lan0",
            Kind = Cloudlet.DesiredState.Kinds.Links.LinkKind.Bridge,
        };
        _rig.Store.WriteApplied(HostState.Create("edge-1", [link]));
        _rig.Store.WriteOrigin(new Baseline { Created = [link] });

        (await _rig.ApplyAsync(Rig.State(Rig.File("a")))).Result.ShouldBe(RunResult.Changed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rollback_of_a_restore_keeps_what_is_to_be_restored(bool byGuard)
    {
        _rig.Put(Rig.File("a", "theirs"));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "ours"), Rig.File("made")));
        var end = await _rig.ApplyAsync(Rig.State(), byGuard ? Window : null);
        _rig.Clock.Advance(TimeSpan.FromMinutes(2));
        (await _rig.Converger.RollBackAsync(byGuard ? end.Run : null, default)).Result.ShouldBe(RunResult.RolledBack);
        _rig.Picture.ShouldBe("file:/a ours 0644 \nfile:/made x 0644 ");

        await _rig.ApplyAsync(Rig.State());
        _rig.Picture.ShouldBe("file:/a theirs 0644 ");
    }

    [Fact]
    public async Task A_restore_that_is_killed_at_any_write_is_finished_by_the_next_run()
    {
        for (var at = 1; ; at++)
        {
            var killed = new Rig();
            killed.Put(Rig.File("a", "theirs"), Rig.File("b", "theirs", "a"));
            await killed.ApplyAsync(Rig.State(Rig.File("a", "ours"), Rig.File("b", "ours", "a"), Rig.File("made")));
            using var kill = new TestKit.KillSwitch { At = at };
            killed.Kind.OnWrite = killed.Store.OnWrite = kill.Step;
            try
            {
                await killed.ApplyAsync(Rig.State(), ct: kill.Token);
            }
            catch (OperationCanceledException) when (kill.IsDead) { }

            killed.Kind.OnWrite = killed.Store.OnWrite = null;
            if (!kill.IsDead)
                break;
            await killed.ApplyAsync(Rig.State());
            killed.Picture.ShouldBe("file:/a theirs 0644 \nfile:/b theirs 0644 ", $"killed at write {at}");
        }
    }

    [Fact]
    public async Task Restoring_a_host_does_not_change_what_others_changed_since()
    {
        _rig.Put(Rig.File("a", "theirs"));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "ours"), Rig.File("made"), Rig.File("replaced")));
        _rig.Put(Rig.File("replaced", "by somebody"));

        (await _rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);

        _rig.Picture.ShouldBe("file:/a theirs 0644 \nfile:/replaced by somebody 0644 ");
        _rig.Events.OfType<Planned>().Last().Kept!.Single().Id.ShouldBe("file:/replaced");
    }

    [Fact]
    public async Task A_resource_removed_by_us_and_recreated_by_hand_is_kept_when_a_host_is_restored_in_two_attempts()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b")));
        _rig.Kind.BeforeApply = static id => Throw(id == "file:/a", ErrorKind.NoSpace);
        (await _rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RollbackFailed);
        _rig.Kind.BeforeApply = null;
        _rig.Put(Rig.File("b")); // the same content as ours

        (await _rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);
        _rig.Picture.ShouldBe("file:/b x 0644 ");
    }

    [Fact]
    public async Task A_resource_removed_by_us_and_recreated_by_hand_is_kept_when_a_run_is_rolled_back_in_two_attempts()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b")));
        _rig.Kind.BeforeApply = static id => Throw(id == "file:/a", ErrorKind.NoSpace);
        (await _rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RollbackFailed);
        _rig.Kind.BeforeApply = null;
        _rig.Put(Rig.File("b"));

        (await _rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
        _rig.Picture.ShouldBe("file:/b x 0644 ");
        await _rig.ApplyAsync(Rig.State());
        _rig.Picture.ShouldBe("file:/b x 0644 ");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_resource_removed_by_a_killed_run_and_recreated_by_others_is_theirs(bool isDescribedAgain)
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b"), Rig.File("c")));
        using var kill = new CancellationTokenSource();
        _rig.Kind.BeforeApply = id =>
        {
            if (id != "file:/a")
                return;
            kill.Cancel();
            kill.Token.ThrowIfCancellationRequested();
        };
        await Should.ThrowAsync<OperationCanceledException>(() => _rig.ApplyAsync(Rig.State(Rig.File("c")), ct: kill.Token));
        _rig.Kind.BeforeApply = null;
        _rig.Kind.Host.ShouldNotContainKey("file:/b");
        _rig.Put(Rig.File("b"));

        if (isDescribedAgain)
            await _rig.ApplyAsync(Rig.State(Rig.File("b"), Rig.File("c", "new")));
        await _rig.ApplyAsync(Rig.State(Rig.File("c")));
        _rig.Picture.ShouldBe("file:/b x 0644 \nfile:/c x 0644 ");
        await _rig.ApplyAsync(Rig.State());
        _rig.Picture.ShouldBe("file:/b x 0644 ");
    }

    private static void Throw(bool when, ErrorKind kind)
    {
        if (when)
            throw MemoryKind.Fault(kind);
    }
}
