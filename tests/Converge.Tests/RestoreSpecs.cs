using Cloudlet.Converge.Applying;
using Cloudlet.Converge.State;

namespace Cloudlet.Converge.Tests;

/// <summary>A restored host is as it was before the first run, however many runs there were.</summary>
public class RestoreSpecs
{
    private readonly Rig _rig = new();

    [Fact]
    public async Task Several_runs_are_undone_at_once()
    {
        _rig.Put(Rig.File("a", "old"), Rig.File("b", "old"), Rig.File("other", "somebody's"));
        var before = _rig.Picture;
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "new"), Rig.File("made")));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "newer"), Rig.File("b", "new"), Rig.File("made", "again")));
        await _rig.ApplyAsync(Rig.State(Rig.File("b", "newer"), Rig.File("late")));

        (await _rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);

        _rig.Picture.ShouldBe(before);
        (_rig.Store.ReadApplied(), _rig.Store.ReadOrigin(), _rig.Store.ReadJournal()!.Status).ShouldBe((null, null, RunStatus.RolledBack));
    }

    [Fact]
    public async Task Restoring_again_or_a_host_that_was_never_ours_changes_nothing()
    {
        _rig.Put(Rig.File("a", "old"));
        (await _rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.Unchanged);
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "new")));
        await _rig.Converger.RestoreAsync(default);
        _rig.Put(Rig.File("a", "changed since"));

        (await _rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.Unchanged);

        _rig.Picture.ShouldBe("file:/a changed since 0644 ");
    }

    [Fact]
    public async Task An_existing_resource_that_never_changed_stays()
    {
        _rig.Put(Rig.File("a", "as described"));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "as described"), Rig.File("b")));

        await _rig.Converger.RestoreAsync(default);

        _rig.Picture.ShouldBe("file:/a as described 0644 ");
    }

    [Fact]
    public async Task A_run_that_was_rolled_back_does_not_count()
    {
        _rig.Put(Rig.File("a", "old"));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "new")));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "newer"), Rig.File("b")));
        await _rig.Converger.RollBackAsync(null, default);

        (await _rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);

        _rig.Picture.ShouldBe("file:/a old 0644 ");
    }

    [Fact]
    public async Task A_failed_restore_is_reported_and_continues_when_repeated()
    {
        _rig.Put(Rig.File("a", "old"));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "new"), Rig.File("b")));
        await _rig.ApplyAsync(Rig.State(Rig.File("a", "newer"), Rig.File("c")));
        _rig.Kind.BeforeApply = static id =>
        {
            if (id == "file:/a")
                throw new Cloudlet.Errors.CloudletException(Cloudlet.Errors.ErrorKind.PermissionDenied, "no");
        };
        (await _rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RollbackFailed);
        _rig.Kind.BeforeApply = null;

        (await _rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);

        _rig.Picture.ShouldBe("file:/a old 0644 ");
    }
}
