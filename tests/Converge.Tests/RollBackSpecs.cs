using Cloudlet.Converge.Applying;
using Cloudlet.Converge.State;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Tests;

public class RollBackSpecs
{
    private static readonly ApplyOptions Window = new() { ConfirmWithin = TimeSpan.FromSeconds(60) };

    private readonly Rig _rig = new();

    [Fact]
    public async Task A_failure_is_rolled_back_when_requested()
    {
        _rig.Put(Rig.File("a", "old"));
        _rig.Kind.BeforeApply = id => Throw(id == "file:/bad");
        var end = await _rig.ApplyAsync(
            Rig.State(Rig.File("a", "new"), Rig.File("bad"), Rig.File("c")),
            new ApplyOptions { RollBackOnFailure = true }
        );
        end.Result.ShouldBe(RunResult.RolledBack);
        _rig.Picture.ShouldBe("file:/a old 0644 ");
        _rig.Store.ReadApplied().ShouldBeNull();
    }

    [Fact]
    public async Task It_never_claims_a_rollback_that_did_not_succeed()
    {
        _rig.Put(Rig.File("a", "old"));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "new"), Rig.File("b")));
        _rig.Kind.BeforeApply = id => Throw(id == "file:/a");
        (await _rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RollbackFailed);
        _rig.Store.ReadJournal()!.Status.ShouldBe(RunStatus.RollbackFailed);

        _rig.Kind.BeforeApply = null;
        (await _rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
        _rig.Picture.ShouldBe("file:/a old 0644 ");
    }

    [Fact]
    public async Task Remains_of_a_failed_rollback_are_removed_later()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a")));
        _rig.Kind.BeforeApply = _ => Throw(true);
        (await _rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RollbackFailed);
        _rig.Kind.BeforeApply = null;
        await _rig.ApplyAsync(Rig.State(Rig.File("b")));
        _rig.Kind.Host.Keys.ShouldBe(["file:/b"]);
    }

    [Fact]
    public async Task A_dependency_disturbed_by_a_change_is_rolled_back_to_its_state_before_the_run()
    {
        // A port with another MTU does this to its bridge, which the second round then repairs.
        _rig.Put(Rig.File("ground", "as described"));
        _rig.Kind.AfterApply = id =>
        {
            if (id == "file:/port")
                _rig.Kind.Host["file:/ground"] = _rig.Kind.Host["file:/ground"] with { Content = "disturbed" };
        };
        (await _rig.ApplyAsync(Rig.State(Rig.File("ground", "as described"), Rig.File("port", "x", "ground")))).Result.ShouldBe(
            RunResult.Changed
        );
        (await _rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
        _rig.Picture.ShouldBe("file:/ground as described 0644 ");
    }

    [Fact]
    public async Task There_is_one_rollback_and_only_after_a_change()
    {
        (await Should.ThrowAsync<CloudletException>(() => _rig.Converger.RollBackAsync(null, default))).Kind.ShouldBe(ErrorKind.NotFound);
        await _rig.ApplyAsync(Rig.State(Rig.File("a")));
        await _rig.Converger.RollBackAsync(null, default);
        (await Should.ThrowAsync<CloudletException>(() => _rig.Converger.RollBackAsync(null, default))).Kind.ShouldBe(ErrorKind.NotFound);
    }

    [Fact]
    public async Task The_window_arms_the_guard_before_the_first_change_and_again_at_the_end()
    {
        _rig.Kind.BeforeApply = _ => _rig.Guard.Calls.Count.ShouldBe(1);
        var end = await _rig.ApplyAsync(Rig.State(Rig.File("a")), Window);
        end.Result.ShouldBe(RunResult.AwaitingConfirmation);
        end.ConfirmBy.ShouldBe(_rig.Clock.GetUtcNow() + TimeSpan.FromSeconds(60));
        _rig.Guard.Calls.ShouldBe([$"arm {end.Run} 60s", $"arm {end.Run} 60s"]);
    }

    [Fact]
    public async Task A_confirmation_keeps_the_change_and_disarms_the_guard()
    {
        var end = await _rig.ApplyAsync(Rig.State(Rig.File("a")), Window);
        (await _rig.Converger.ConfirmAsync(default)).Result.ShouldBe(RunResult.Changed);
        _rig.Guard.Calls[^1].ShouldBe($"disarm {end.Run}");
        _rig.Store.ReadJournal()!.Status.ShouldBe(RunStatus.Kept);
        (await Should.ThrowAsync<CloudletException>(() => _rig.Converger.RollBackAsync(end.Run, default))).Kind.ShouldBe(
            ErrorKind.NotFound
        );
        _rig.Kind.Host.ShouldContainKey("file:/a");
    }

    [Fact]
    public async Task Without_a_confirmation_the_guard_rolls_the_host_back()
    {
        var end = await _rig.ApplyAsync(Rig.State(Rig.File("a")), Window);
        _rig.Clock.Advance(TimeSpan.FromSeconds(61));
        (await _rig.Converger.RollBackAsync(end.Run, default)).Result.ShouldBe(RunResult.RolledBack);
        _rig.Kind.Host.ShouldBeEmpty();
        _rig.Guard.Calls[^1].ShouldBe($"disarm {end.Run}");

        var late = await Should.ThrowAsync<CloudletException>(() => _rig.Converger.ConfirmAsync(default));
        late.Kind.ShouldBe(ErrorKind.NotFound);
        late.Message.ShouldContain("was already rolled back");
    }

    [Fact]
    public async Task The_guard_of_another_run_changes_nothing()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a")), Window);
        (await Should.ThrowAsync<CloudletException>(() => _rig.Converger.RollBackAsync("another", default))).Kind.ShouldBe(
            ErrorKind.NotFound
        );
        _rig.Kind.Host.ShouldContainKey("file:/a");
    }

    [Fact]
    public async Task Within_the_window_another_apply_is_refused_and_after_it_rolls_back_first()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a")), Window);
        var early = await Should.ThrowAsync<CloudletException>(() => _rig.ApplyAsync(Rig.State(Rig.File("b"))));
        early.Message.ShouldContain("cloudlet confirm");
        _rig.Clock.Advance(TimeSpan.FromSeconds(61));
        await _rig.ApplyAsync(Rig.State(Rig.File("b")));
        _rig.Events.OfType<RollbackStarted>().Single().Because.ShouldBe("no confirmation arrived in time");
        _rig.Kind.Host.Keys.ShouldBe(["file:/b"]);
    }

    [Fact]
    public async Task With_a_window_a_failure_is_rolled_back_at_once()
    {
        _rig.Kind.BeforeApply = id => Throw(id == "file:/bad");
        var end = await _rig.ApplyAsync(Rig.State(Rig.File("a"), Rig.File("bad")), Window);
        end.Result.ShouldBe(RunResult.RolledBack);
        _rig.Guard.Calls[^1].ShouldBe($"disarm {end.Run}");
    }

    private static void Throw(bool when)
    {
        if (when)
            throw MemoryKind.Fault(ErrorKind.NoSpace);
    }
}
