using Cloudlet.Converge.Applying;
using Cloudlet.Converge.State;

namespace Cloudlet.Converge.Tests;

/// <summary>A host that is given back is as it was before the first run, however many there were.</summary>
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
    public async Task A_second_restore_and_one_of_a_host_that_was_never_ours_change_nothing()
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
    public async Task What_was_there_and_never_had_to_change_stays()
    {
        rig.Put(Rig.File("a", "as described"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "as described"), Rig.File("b")));

        await rig.Converger.RestoreAsync(default);

        rig.Picture.ShouldBe("file:/a as described 0644 ");
    }

    [Fact]
    public async Task A_run_that_went_back_is_not_part_of_what_was_done()
    {
        rig.Put(Rig.File("a", "old"));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "new")));
        await rig.ApplyAsync(Rig.State(Rig.File("a", "newer"), Rig.File("b")));
        await rig.Converger.RollBackAsync(null, default);

        (await rig.Converger.RestoreAsync(default)).Result.ShouldBe(RunResult.RolledBack);

        rig.Picture.ShouldBe("file:/a old 0644 ");
    }

    [Fact]
    public async Task A_restore_that_fails_says_so_and_goes_on_when_it_is_asked_again()
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
