using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.Converge.State;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Tests;

public class ConvergerSpecs
{
    private readonly Rig _rig = new();

    [Fact]
    public async Task Planning_and_verifying_change_nothing_and_write_nothing()
    {
        var plan = await _rig.PlanAsync(Rig.State(Rig.File("a")));
        plan.Changes.Select(c => (c.Id, c.Action)).ShouldBe([("file:/a", ChangeAction.Create)]);
        (await _rig.Converger.VerifyAsync(Rig.State(Rig.File("a")), default)).Result.ShouldBe(RunResult.Drift);
        _rig.Kind.Calls.ShouldBeEmpty();
        _rig.Store.Writes.ShouldBe(0);
    }

    [Fact]
    public async Task A_second_apply_writes_nothing()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a")));
        var writes = _rig.Store.Writes;
        (await _rig.ApplyAsync(Rig.State(Rig.File("a")))).Result.ShouldBe(RunResult.Unchanged);
        _rig.Store.Writes.ShouldBe(writes);
    }

    [Fact]
    public async Task A_cycle_is_found_before_any_change()
    {
        var circle = Rig.State(Rig.File("a", "x", "b"), Rig.File("b", "x", "c"), Rig.File("c", "x", "a"));
        var error = await Should.ThrowAsync<CloudletException>(() => _rig.ApplyAsync(circle));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain("file:/a → file:/b → file:/c → file:/a");
        _rig.Kind.Calls.ShouldBeEmpty();
        _rig.Store.Writes.ShouldBe(0);
    }

    [Fact]
    public async Task A_certain_failure_is_in_the_plan_and_an_apply_changes_nothing()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("old")));
        _rig.Kind.Calls.Clear();
        var writes = _rig.Store.Writes;
        _rig.Kind.Refusals["file:/a"] = "a cannot be";
        _rig.Kind.Refusals["file:/b"] = "b cannot be";
        _rig.Kind.BeforeObserve = id => Throw(id == "file:/c", ErrorKind.InvalidInput);
        var state = Rig.State(Rig.File("a"), Rig.File("b"), Rig.File("c"), Rig.File("fine"));
        var plan = await _rig.PlanAsync(state);
        plan.Changes.Where(c => c.Refusals is not null).Select(c => c.Id).ShouldBe(["file:/a", "file:/b", "file:/c"]);

        var error = await Should.ThrowAsync<CloudletException>(() => _rig.ApplyAsync(state));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldSatisfyAllConditions(
            m => m.ShouldContain("a cannot be"),
            m => m.ShouldContain("b cannot be"),
            m => m.ShouldContain("a fault of kind InvalidInput")
        );
        _rig.Kind.Calls.ShouldBeEmpty();
        _rig.Store.Writes.ShouldBe(writes);
    }

    [Fact]
    public async Task A_heal_skips_a_replacement_that_is_certain_to_fail_and_tries_the_rest()
    {
        var state = Rig.State(Rig.File("a") with { Target = "t1" }, Rig.File("b"), Rig.File("on-a", "x", "a"), Rig.File("new"));
        await _rig.ApplyAsync(state);
        _rig.Put(Rig.File("a") with { Target = "another" });
        _rig.Kind.Host.Remove("file:/b");
        _rig.Kind.Host.Remove("file:/new");
        _rig.Kind.Calls.Clear();
        _rig.Kind.Refusals["file:/a"] = "a cannot be";
        _rig.Kind.Refusals["file:/new"] = "this one says so itself when it is tried";
        var healer = new PartialConverger(new KindRegistry().Add(_rig.Kind), _rig.Store, _rig.Clock, _rig.Events.Add);
        var healed = await healer.HealAsync(state, await healer.ObserveAndPlanAsync(state, null, default), default);
        healed!.Counts.ShouldBe(new HealCounts(2, 1, 1));
        _rig.Kind.Calls.ShouldBe(["apply file:/b", "apply file:/new"], ignoreOrder: true);
        _rig.Events.OfType<ChangeFailed>().Single().Message.ShouldBe("a cannot be");
    }

    [Fact]
    public async Task A_failure_skips_what_depends_on_it_and_nothing_else()
    {
        _rig.Kind.BeforeApply = id => Throw(id == "file:/bad", ErrorKind.NoSpace);
        var end = await _rig.ApplyAsync(
            Rig.State(
                Rig.File("bad"),
                Rig.File("next", "x", "bad"),
                Rig.File("last", "x", "next"),
                Rig.File("other"),
                Rig.File("more", "x", "other")
            )
        );
        end.ShouldSatisfyAllConditions(
            () => end.Result.ShouldBe(RunResult.Failed),
            () => end.Failed.ShouldBe(1),
            () => end.Skipped.ShouldBe(2),
            () => end.Changed.ShouldBe(2)
        );
        _rig.Kind.Host.Keys.ShouldBe(["file:/other", "file:/more"], ignoreOrder: true);
        _rig.Events.OfType<ChangeFailed>().Single().Kind.ShouldBe(ErrorKind.NoSpace);
        _rig.Store.ReadJournal()!.Status.ShouldBe(RunStatus.KeptInPart);
    }

    [Fact]
    public async Task A_transient_error_is_retried_three_times_with_a_new_observation()
    {
        var tries = 0;
        var looks = 0;
        _rig.Kind.BeforeObserve = _ => looks++;
        _rig.Kind.BeforeApply = _ => Throw(++tries < 4, ErrorKind.Busy);
        (await _rig.ApplyAsync(Rig.State(Rig.File("a")))).Result.ShouldBe(RunResult.Changed);
        tries.ShouldBe(4);
        looks.ShouldBe(1 + 3 + 1);
        _rig.Events.OfType<Noticed>().Count().ShouldBe(3);
    }

    [Theory]
    [InlineData(ErrorKind.Busy, 4)]
    [InlineData(ErrorKind.Timeout, 4)]
    [InlineData(ErrorKind.PermissionDenied, 1)]
    [InlineData(ErrorKind.InvalidInput, 1)]
    public async Task Attempts_are_bounded_and_only_where_they_can_help(ErrorKind kind, int attempts)
    {
        var tries = 0;
        _rig.Kind.BeforeApply = _ => Throw(++tries > 0, kind);
        (await _rig.ApplyAsync(Rig.State(Rig.File("a")))).Result.ShouldBe(RunResult.Failed);
        tries.ShouldBe(attempts);
    }

    [Fact]
    public async Task An_unobservable_resource_is_observed_again_when_its_turn_comes()
    {
        _rig.Put(Rig.File("late", "old"));
        _rig.Kind.BeforeObserve = id => Throw(id == "file:/late" && !_rig.Kind.Host.ContainsKey("file:/first"), ErrorKind.NotFound);
        var state = Rig.State(Rig.File("first"), Rig.File("late", "new", "first"));
        (await _rig.PlanAsync(state)).Changes.Select(c => c.Action).ShouldBe([ChangeAction.Create, ChangeAction.Unknown]);
        (await _rig.ApplyAsync(state)).Result.ShouldBe(RunResult.Changed);

        // Its earlier state became known only during the run, and is restored nevertheless.
        _rig.Kind.BeforeObserve = null;
        (await _rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
        _rig.Kind.Host["file:/late"].Content.ShouldBe("old");
    }

    [Fact]
    public async Task A_resource_no_longer_described_is_removed_after_its_dependents()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b", "x", "a"), Rig.File("c", "x", "b"), Rig.File("stays")));
        _rig.Kind.Calls.Clear();
        await _rig.ApplyAsync(Rig.State(Rig.File("stays")));
        _rig.Kind.Calls.ShouldBe(["remove file:/c", "remove file:/b", "remove file:/a"]);
    }

    [Fact]
    public async Task A_foreign_resource_stays_and_a_marked_one_is_removed_without_any_record()
    {
        _rig.Put(Rig.File("foreign"), Rig.File("ours"));
        _rig.Kind.Marked.Add("/ours");
        await _rig.ApplyAsync(Rig.State(Rig.File("a")));
        _rig.Kind.Host.Keys.ShouldBe(["file:/a", "file:/foreign"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_unremovable_resource_is_only_forgotten()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a") with { Mode = "9999" }));
        (await _rig.ApplyAsync(Rig.State())).Result.ShouldBe(RunResult.Unchanged);
        _rig.Kind.Host.ShouldContainKey("file:/a");
    }

    [Fact]
    public async Task An_orphan_that_cannot_be_observed_is_not_forgotten()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a")));
        _rig.Kind.BeforeObserve = id => Throw(id == "file:/a", ErrorKind.PermissionDenied);
        _rig.Kind.BeforeApply = id => Throw(id == "file:/a", ErrorKind.PermissionDenied);
        (await _rig.ApplyAsync(Rig.State())).Result.ShouldBe(RunResult.Failed);
        (_rig.Kind.BeforeObserve, _rig.Kind.BeforeApply) = (null, null);
        (await _rig.ApplyAsync(Rig.State())).Result.ShouldBe(RunResult.Changed);
        _rig.Kind.Host.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_removal_is_retried_by_the_next_apply()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b")));
        _rig.Kind.BeforeApply = id => Throw(id == "file:/a", ErrorKind.NoSpace);
        (await _rig.ApplyAsync(Rig.State(Rig.File("b", "new")))).Result.ShouldBe(RunResult.Failed);
        _rig.Kind.BeforeApply = null;
        (await _rig.ApplyAsync(Rig.State(Rig.File("b", "new")))).Result.ShouldBe(RunResult.Changed);
        _rig.Kind.Host.Keys.ShouldBe(["file:/b"]);
    }

    [Fact]
    public async Task A_resource_that_watches_a_change_is_observed_again()
    {
        var state = Rig.State(Rig.File("config", "new"), Rig.File("service", "fresh", "config") with { Watches = ["file:/config"] });
        _rig.Put(Rig.File("config", "old"), Rig.File("service", "fresh"));
        _rig.Kind.AfterApply = id => Disturb(id == "file:/config", Rig.File("service", "stale"));
        (await _rig.PlanAsync(state))
            .Changes.Select(c => (c.Id, c.Action))
            .ShouldBe([("file:/config", ChangeAction.Update), ("file:/service", ChangeAction.Refresh)]);
        (await _rig.ApplyAsync(state)).Changed.ShouldBe(2);
        _rig.Kind.Calls.ShouldBe(["apply file:/config", "apply file:/service"]);
    }

    [Fact]
    public async Task Dependents_of_a_replaced_resource_are_planned_recorded_and_restored()
    {
        var old = Rig.File("bridge") with { Target = "t1" };
        _rig.Put(old, Rig.File("port", "in bridge"), Rig.File("vlan", "on port"));
        var before = _rig.Picture;
        _rig.Kind.AfterApply = id => Disturb(id == "file:/bridge", Rig.File("port", "free"));
        var state = Rig.State(
            Rig.File("bridge") with
            {
                Target = "t2",
            },
            Rig.File("port", "in bridge", "bridge"),
            Rig.File("vlan", "on port", "port")
        );
        (await _rig.PlanAsync(state))
            .Changes.Select(c => c.Action)
            .ShouldBe([ChangeAction.Replace, ChangeAction.Refresh, ChangeAction.Refresh]);
        (await _rig.ApplyAsync(state)).Result.ShouldBe(RunResult.Changed);
        _rig.Kind.Host["file:/port"].Content.ShouldBe("in bridge");
        (await _rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
        _rig.Picture.ShouldBe(before);
    }

    [Fact]
    public async Task A_change_that_disturbs_another_is_repaired_in_the_same_run_but_not_forever()
    {
        _rig.Put(Rig.File("b", "x"));
        _rig.Kind.AfterApply = id => Disturb(id == "file:/a", Rig.File("b", "disturbed"));
        (await _rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b", "x")))).Result.ShouldBe(RunResult.Changed);

        _rig.Kind.AfterApply = id => Disturb(id == "file:/b", Rig.File("b", "never right"));
        var end = await _rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("b", "y")));
        end.Result.ShouldBe(RunResult.Failed);
        _rig.Events.OfType<Verified>().Last().Drift.Single().Id.ShouldBe("file:/b");
    }

    [Fact]
    public async Task Two_runs_cannot_run_at_once()
    {
        using var held = _rig.Store.Lock();
        (await Should.ThrowAsync<CloudletException>(() => _rig.ApplyAsync(Rig.State()))).Kind.ShouldBe(ErrorKind.Busy);
    }

    [Fact]
    public async Task Every_run_that_was_not_refused_ends_with_finished()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a")));
        _rig.Events[^1].ShouldBeOfType<Finished>().Digest.ShouldBe(Rig.State(Rig.File("a")).Digest);
        _rig.Events.OfType<Finished>().ShouldHaveSingleItem();
    }

    private static void Throw(bool when, ErrorKind kind)
    {
        if (when)
            throw MemoryKind.Fault(kind);
    }

    private void Disturb(bool when, Cloudlet.DesiredState.Kinds.Files.FileSpec file)
    {
        if (when)
            _rig.Put(file);
    }
}
