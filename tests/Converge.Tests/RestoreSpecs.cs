using Cloudlet.Converge.Applying;
using Cloudlet.Converge.State;

namespace Cloudlet.Converge.Tests;

/// <summary>A restored host is as it was before the first run, however many runs there were.</summary>
public class RestoreSpecs
{
    private readonly Rig rig = new();

    [Fact]
    public async Task Several_runs_are_undone_at_once()
    {
        rig.Put(Rig.File("a", "old"), Rig.File("b", "old"), Rig.File("other", "somebody's"));
        var before = rig.Picture;
        await rig.ApplyAsync(Rig.State(Rig.File("a", "new"), Rig.File("made")));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "newer"), Rig.File("b", "new"), Rig.File("made", "again")));
        await rig.ApplyAsync(Rig.State(Rig.File("b", "newer"), Rig.File("late")));

        (await rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);

        rig.Picture.ShouldBe(before);
        (rig.Store.ReadApplied(), rig.Store.ReadOrigin(), rig.Store.ReadJournal()!.Status).ShouldBe((null, null, RunStatus.RolledBack));
    }

    [Fact]
    public async Task Restoring_again_or_a_host_that_was_never_ours_changes_nothing()
    {
        rig.Put(Rig.File("a", "old"));
        (await rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.Unchanged);
        await rig.ApplyAsync(Rig.State(Rig.File("a", "new")));
        await rig.Converger.RestoreAsync(default);
        rig.Put(Rig.File("a", "changed since"));

        (await rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.Unchanged);

        rig.Picture.ShouldBe("file:/a changed since 0644 ");
    }

    [Fact]
    public async Task An_existing_resource_that_never_changed_stays()
    {
        rig.Put(Rig.File("a", "as described"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "as described"), Rig.File("b")));

        await rig.Converger.RestoreAsync(default);

        rig.Picture.ShouldBe("file:/a as described 0644 ");
    }

    [Fact]
    public async Task A_run_that_was_rolled_back_does_not_count()
    {
        rig.Put(Rig.File("a", "old"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "new")));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "newer"), Rig.File("b")));
        await rig.Converger.RollBackAsync(null, default);

        (await rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);

        rig.Picture.ShouldBe("file:/a old 0644 ");
    }

    [Fact]
    public async Task A_failed_restore_is_reported_and_continues_when_repeated()
    {
        rig.Put(Rig.File("a", "old"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "new"), Rig.File("b")));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "newer"), Rig.File("c")));
        rig.Kind.BeforeApply = static id =>
        {
            if (id == "file:/a")
                throw new Cloudlet.Errors.CloudletException(Cloudlet.Errors.ErrorKind.PermissionDenied, "no");
        };
        (await rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RollbackFailed);
        rig.Kind.BeforeApply = null;

        (await rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);

        rig.Picture.ShouldBe("file:/a old 0644 ");
    }
}
