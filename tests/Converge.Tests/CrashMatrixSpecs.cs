using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.TestKit;

namespace Cloudlet.Converge.Tests;

/// <summary>The run is ended at each of its writes in turn, before and after it, like by kill -9.</summary>
public class CrashMatrixSpecs
{
    private static readonly HostState Earlier = Rig.State(
        Rig.File("kept"),
        Rig.File("changed", "old"),
        Rig.File("gone"),
        Rig.File("anew") with
        {
            Target = "t1",
        },
        Rig.File("port", "p", "anew")
    );

    private static readonly HostState Wanted = Rig.State(
        Rig.File("kept"),
        Rig.File("changed", "new"),
        Rig.File("added", "a", "changed"),
        Rig.File("anew") with
        {
            Target = "t2",
        },
        Rig.File("port", "p", "anew")
    );

    [Fact]
    public async Task A_second_run_reaches_the_same_end_from_every_write_on()
    {
        var whole = await PreparedAsync();
        await whole.ApplyAsync(Wanted);
        var steps = await ForEachStepAsync(
            new ApplyOptions(),
            async rig =>
            {
                (await rig.ApplyAsync(Wanted)).Result.ShouldBeOneOf(RunResult.Changed, RunResult.Unchanged);
                rig.Picture.ShouldBe(whole.Picture);
                rig.Store.ReadApplied()!.Digest.ShouldBe(Wanted.Digest);
                (await rig.PlanAsync(Wanted)).IsEmpty.ShouldBeTrue();
            }
        );
        steps.ShouldBeGreaterThan(12);
    }

    [Fact]
    public async Task A_rollback_after_a_second_run_reaches_the_state_before_the_first()
    {
        var before = (await PreparedAsync()).Picture;
        await ForEachStepAsync(
            new ApplyOptions(),
            async rig =>
            {
                var second = await rig.ApplyAsync(Wanted);
                if (rig.Store.ReadJournal()!.Desired.Digest != Wanted.Digest)
                    return;
                (await rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
                rig.Picture.ShouldBe(before, $"second run: {second.Result}");
                rig.Store.ReadApplied()!.Digest.ShouldBe(Earlier.Digest);
            }
        );
    }

    [Fact]
    public async Task A_rollback_right_after_the_kill_reaches_the_state_before()
    {
        var before = (await PreparedAsync()).Picture;
        await ForEachStepAsync(
            new ApplyOptions(),
            async rig =>
            {
                if (rig.Store.ReadJournal()!.Desired.Digest != Wanted.Digest)
                    return;
                (await rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
                rig.Picture.ShouldBe(before);
            }
        );
    }

    [Fact]
    public async Task A_run_that_is_killed_within_its_window_is_undone_by_the_guard()
    {
        var before = (await PreparedAsync()).Picture;
        await ForEachStepAsync(
            new ApplyOptions { ConfirmWithin = TimeSpan.FromMinutes(1) },
            async rig =>
            {
                if (rig.Store.ReadJournal() is not { ConfirmBy: not null } journal)
                    return;
                (await rig.Converger.RollBackAsync(journal.Run, default)).Result.ShouldBe(RunResult.RolledBack);
                rig.Picture.ShouldBe(before);
            }
        );
    }

    [Fact]
    public async Task A_killed_rollback_can_be_repeated()
    {
        var before = (await PreparedAsync()).Picture;
        for (var at = 1; ; at++)
        {
            var rig = await PreparedAsync();
            await rig.ApplyAsync(Wanted);
            using var kill = new KillSwitch { At = at };
            Wire(rig, kill);
            var died = await DiesAsync(() => rig.Converger.RollBackAsync(null, kill.Token), kill);
            Unwire(rig);
            if (!died)
                break;
            if (rig.Store.ReadJournal()!.Status != Cloudlet.Converge.State.RunStatus.RolledBack)
                (await rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
            rig.Picture.ShouldBe(before);
        }
    }

    [Fact]
    public async Task Creations_of_a_killed_run_are_removed_when_the_next_state_lacks_them()
    {
        await ForEachStepAsync(
            new ApplyOptions(),
            async rig =>
            {
                (await rig.ApplyAsync(Earlier)).Result.ShouldBeOneOf(RunResult.Changed, RunResult.Unchanged);
                rig.Kind.Host.Keys.ShouldBe([.. Earlier.Resources.Select(r => r.Id), "file:/foreign"], ignoreOrder: true);
            }
        );
    }

    private static async Task<Rig> PreparedAsync()
    {
        var rig = new Rig();
        rig.Put(Rig.File("changed", "from the package"), Rig.File("foreign"));
        await rig.ApplyAsync(Earlier);

        // Replacing its base also removes the port, as deleting a bridge does.
        rig.Kind.AfterApply = id =>
        {
            if (id == "file:/anew")
                rig.Put(Rig.File("port", "released"));
        };
        return rig;
    }

    private static async Task<int> ForEachStepAsync(ApplyOptions options, Func<Rig, Task> then)
    {
        for (var at = 1; ; at++)
        {
            var rig = await PreparedAsync();
            using var kill = new KillSwitch { At = at };
            Wire(rig, kill);
            var died = await DiesAsync(() => rig.ApplyAsync(Wanted, options, kill.Token), kill);
            Unwire(rig);
            if (!died)
                return at - 1;
            await then(rig);
        }
    }

    private static void Wire(Rig rig, KillSwitch kill)
    {
        rig.Kind.OnWrite = kill.Step;
        rig.Store.OnWrite = kill.Step;
    }

    private static void Unwire(Rig rig)
    {
        rig.Kind.OnWrite = null;
        rig.Store.OnWrite = null;
    }

    private static async Task<bool> DiesAsync(Func<Task> run, KillSwitch kill)
    {
        try
        {
            await run();
        }
        catch (OperationCanceledException) when (kill.IsDead)
        {
            return true;
        }

        kill.IsDead.ShouldBeFalse();
        return false;
    }
}
