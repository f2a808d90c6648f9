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

    private readonly Rig rig = new();

    [Fact]
    public async Task An_existing_resource_that_we_changed_is_restored_and_the_plan_says_so()
    {
        rig.Put(Rig.File("a", "theirs"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "ours")));

        var change = (await rig.PlanAsync(Rig.State())).Changes.ShouldHaveSingleItem();
        (change.Action, change.Reason, change.Properties.Single().Path).ShouldBe(
            (ChangeAction.Restore, "it was there before us, and that state is restored", "content")
        );
        (await rig.ApplyAsync(Rig.State())).Result.ShouldBe(RunResult.Changed);

        rig.Picture.ShouldBe("file:/a theirs 0644 ");
        (await rig.ApplyAsync(Rig.State())).Result.ShouldBe(RunResult.Unchanged);
        (await rig.PlanAsync(Rig.State())).Kept.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_existing_resource_that_was_as_described_stays_whatever_else_is_applied()
    {
        rig.Put(Rig.File("a", "as described"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "as described"), Rig.File("b")));
        rig.Put(Rig.File("a", "drift"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "as described"), Rig.File("b", "new")));

        var plan = await rig.PlanAsync(Rig.State(Rig.File("b", "new")));
        plan.Changes.ShouldBeEmpty();
        plan.Kept.ShouldBe([new KeptResource("file:/a", "it is as it was before us")]);
        await rig.ApplyAsync(Rig.State(Rig.File("b", "new")));

        rig.Kind.Host["file:/a"].Content.ShouldBe("as described");
    }

    [Fact]
    public async Task A_resource_of_ours_that_was_replaced_by_others_is_kept_for_good()
    {
        await rig.ApplyAsync(Rig.State(Rig.File("a", "ours"), Rig.File("b")));
        rig.Put(Rig.File("a", "theirs"));

        (await rig.PlanAsync(Rig.State(Rig.File("b")))).Kept.ShouldBe([
            new KeptResource("file:/a", "we made it, but it was changed or replaced since"),
        ]);
        (await rig.ApplyAsync(Rig.State(Rig.File("b")))).Result.ShouldBe(RunResult.Unchanged);

        // From now on it belongs to others, even if it is described with the same content for a while.
        await rig.ApplyAsync(Rig.State(Rig.File("b"), Rig.File("a", "theirs")));
        await rig.ApplyAsync(Rig.State(Rig.File("b")));
        rig.Kind.Host["file:/a"].Content.ShouldBe("theirs");
    }

    [Fact]
    public async Task A_resource_changed_again_by_others_is_kept()
    {
        rig.Put(Rig.File("a", "first"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "ours")));
        rig.Put(Rig.File("a", "second"));

        (await rig.PlanAsync(Rig.State())).Kept.ShouldBe([new KeptResource("file:/a", "we changed it, but it was changed again since")]);
        await rig.ApplyAsync(Rig.State());
        rig.Kind.Host["file:/a"].Content.ShouldBe("second");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_resource_that_an_apply_could_not_change_is_not_ours(bool wasThere)
    {
        if (wasThere)
            rig.Put(Rig.File("a", "theirs"));
        rig.Kind.BeforeApply = static id => Throw(id == "file:/a", ErrorKind.PermissionDenied);
        (await rig.ApplyAsync(Rig.State(Rig.File("a", "ours"), Rig.File("b")))).Result.ShouldBe(RunResult.Failed);
        rig.Kind.BeforeApply = null;
        if (!wasThere)
            rig.Put(Rig.File("a", "ours")); // by chance the content that we wanted to write

        await rig.ApplyAsync(Rig.State(Rig.File("b")));
        rig.Kind.Host["file:/a"].Content.ShouldBe(wasThere ? "theirs" : "ours");
    }

    [Fact]
    public async Task A_resource_removed_by_a_failed_run_and_recreated_by_others_is_theirs()
    {
        await rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b")));
        rig.Kind.BeforeApply = static id => Throw(id == "file:/b", ErrorKind.NoSpace);
        (await rig.ApplyAsync(Rig.State(Rig.File("b", "new")))).Result.ShouldBe(RunResult.Failed);
        rig.Store.ReadApplied()!.Resources.Select(r => r.Id).ShouldBe(["file:/b"]);
        rig.Kind.BeforeApply = null;
        rig.Put(Rig.File("a"));

        (await rig.ApplyAsync(Rig.State(Rig.File("b", "new")))).Result.ShouldBe(RunResult.Changed);
        rig.Kind.Host.ShouldContainKey("file:/a");
    }

    [Fact]
    public async Task A_resource_first_changed_by_the_daemon_has_an_earlier_state_too()
    {
        rig.Put(Rig.File("a", "theirs"));
        rig.Kind.BeforeApply = static id => Throw(id == "file:/a", ErrorKind.ReadOnly);
        var state = Rig.State(Rig.File("a", "ours"), Rig.File("b"));
        await rig.ApplyAsync(state);
        rig.Kind.BeforeApply = null;
        var healer = new PartialConverger(new KindRegistry().Add(rig.Kind), rig.Store, rig.Clock, static _ => { });
        await healer.HealAsync(state, await healer.ObserveAndPlanAsync(state, null, default), default);
        rig.Kind.Host["file:/a"].Content.ShouldBe("ours");

        await rig.ApplyAsync(Rig.State());
        rig.Picture.ShouldBe("file:/a theirs 0644 ");
    }

    [Fact]
    public async Task A_state_of_a_version_without_these_facts_is_kept_unless_a_record_or_a_mark_proves_it_ours()
    {
        rig.Put(Rig.File("unproved"), Rig.File("marked"), Rig.File("made"), Rig.File("changed", "ours"));
        rig.Kind.Marked.Add("/marked");
        rig.Store.WriteApplied(Rig.State(Rig.File("unproved"), Rig.File("marked"), Rig.File("made"), Rig.File("changed", "ours")));
        rig.Store.WriteOrigin(
            Baseline.Parse(
                """{"before":[{"resource":"file","id":"file:/changed","path":"/changed","kind":"file","content":"theirs"}],"created":[{"resource":"file","id":"file:/made","path":"/made","kind":"file","content":"x"}]}"""u8
            )
        );

        var plan = await rig.PlanAsync(Rig.State());
        plan.Changes.Select(c => (c.Id, c.Action))
            .ShouldBe([
                ("file:/changed", ChangeAction.Restore),
                ("file:/made", ChangeAction.Remove),
                ("file:/marked", ChangeAction.Remove),
            ]);
        plan.Kept.ShouldBe([new KeptResource("file:/unproved", "no record says that we made or changed it")]);
        await rig.ApplyAsync(Rig.State());
        rig.Picture.ShouldBe("file:/changed theirs 0644 \nfile:/unproved x 0644 ");
    }

    [Fact]
    public async Task A_recorded_resource_that_cannot_be_observed_any_more_stops_nothing()
    {
        await rig.ApplyAsync(Rig.State(Rig.File("bad name"), Rig.File("a")));
        rig.Kind.BeforeObserve = static id => Throw(id == "file:/bad name", ErrorKind.InvalidInput);

        (await rig.PlanAsync(Rig.State(Rig.File("a")))).Kept.ShouldHaveSingleItem().Id.ShouldBe("file:/bad name");
        (await rig.ApplyAsync(Rig.State(Rig.File("a")))).Result.ShouldBe(RunResult.Unchanged);
        rig.Store.ReadApplied()!.Resources.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_described_resource_that_can_never_be_observed_ends_a_run_before_the_first_change()
    {
        rig.Kind.BeforeObserve = static id => Throw(id == "file:/fifo", ErrorKind.InvalidInput);
        (
            await Should.ThrowAsync<CloudletException>(() => rig.ApplyAsync(Rig.State(Rig.File("fifo"), Rig.File("a"))))
        ).Message.ShouldContain("nothing was changed");
        (rig.Kind.Calls.Count, rig.Store.Writes).ShouldBe((0, 0));

        rig.Kind.BeforeObserve = null;
        (await rig.ApplyAsync(Rig.State(Rig.File("fifo"), Rig.File("a")))).Result.ShouldBe(RunResult.Changed);
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
        rig.Store.WriteApplied(HostState.Create("edge-1", [link]));
        rig.Store.WriteOrigin(new Baseline { Created = [link] });

        (await rig.ApplyAsync(Rig.State(Rig.File("a")))).Result.ShouldBe(RunResult.Changed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rollback_of_a_restore_keeps_what_is_to_be_restored(bool byGuard)
    {
        rig.Put(Rig.File("a", "theirs"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "ours"), Rig.File("made")));
        var end = await rig.ApplyAsync(Rig.State(), byGuard ? Window : null);
        rig.Clock.Advance(TimeSpan.FromMinutes(2));
        (await rig.Converger.RollBackAsync(byGuard ? end.Run : null, default)).Result.ShouldBe(RunResult.RolledBack);
        rig.Picture.ShouldBe("file:/a ours 0644 \nfile:/made x 0644 ");

        await rig.ApplyAsync(Rig.State());
        rig.Picture.ShouldBe("file:/a theirs 0644 ");
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
        rig.Put(Rig.File("a", "theirs"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "ours"), Rig.File("made"), Rig.File("replaced")));
        rig.Put(Rig.File("replaced", "by somebody"));

        (await rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);

        rig.Picture.ShouldBe("file:/a theirs 0644 \nfile:/replaced by somebody 0644 ");
        rig.Events.OfType<Planned>().Last().Kept!.Single().Id.ShouldBe("file:/replaced");
    }

    [Fact]
    public async Task A_resource_removed_by_us_and_recreated_by_hand_is_kept_when_a_host_is_restored_in_two_attempts()
    {
        await rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b")));
        rig.Kind.BeforeApply = static id => Throw(id == "file:/a", ErrorKind.NoSpace);
        (await rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RollbackFailed);
        rig.Kind.BeforeApply = null;
        rig.Put(Rig.File("b")); // the same content as ours

        (await rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);
        rig.Picture.ShouldBe("file:/b x 0644 ");
    }

    [Fact]
    public async Task A_resource_removed_by_us_and_recreated_by_hand_is_kept_when_a_run_is_rolled_back_in_two_attempts()
    {
        await rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b")));
        rig.Kind.BeforeApply = static id => Throw(id == "file:/a", ErrorKind.NoSpace);
        (await rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RollbackFailed);
        rig.Kind.BeforeApply = null;
        rig.Put(Rig.File("b"));

        (await rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
        rig.Picture.ShouldBe("file:/b x 0644 ");
        await rig.ApplyAsync(Rig.State());
        rig.Picture.ShouldBe("file:/b x 0644 ");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_resource_removed_by_a_killed_run_and_recreated_by_others_is_theirs(bool isDescribedAgain)
    {
        await rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b"), Rig.File("c")));
        using var kill = new CancellationTokenSource();
        rig.Kind.BeforeApply = id =>
        {
            if (id != "file:/a")
                return;
            kill.Cancel();
            kill.Token.ThrowIfCancellationRequested();
        };
        await Should.ThrowAsync<OperationCanceledException>(() => rig.ApplyAsync(Rig.State(Rig.File("c")), ct: kill.Token));
        rig.Kind.BeforeApply = null;
        rig.Kind.Host.ShouldNotContainKey("file:/b");
        rig.Put(Rig.File("b"));

        if (isDescribedAgain)
            await rig.ApplyAsync(Rig.State(Rig.File("b"), Rig.File("c", "new")));
        await rig.ApplyAsync(Rig.State(Rig.File("c")));
        rig.Picture.ShouldBe("file:/b x 0644 \nfile:/c x 0644 ");
        await rig.ApplyAsync(Rig.State());
        rig.Picture.ShouldBe("file:/b x 0644 ");
    }

    private static void Throw(bool when, ErrorKind kind)
    {
        if (when)
            throw MemoryKind.Fault(kind);
    }
}
