using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Tests;

/// <summary>A property that is no longer described, on a resource that is, returns to its value from before our changes.</summary>
public class ReturningSpecs
{
    private readonly Rig _rig = new();

    private static FileSpec Plain => Rig.File("a", "ours");

    private static FileSpec Tight => Plain with { Mode = "0600" };

    private string? Mode => _rig.Kind.Host["file:/a"].Mode;

    [Fact]
    public async Task A_property_is_restored_once_and_the_plan_shows_it()
    {
        _rig.Put(Rig.File("a", "theirs") with { Mode = "0640" });
        await _rig.ApplyAsync(Rig.State(Tight));

        var change = (await _rig.PlanAsync(Rig.State(Plain))).Changes.ShouldHaveSingleItem();
        var property = change.Properties.ShouldHaveSingleItem();
        (change.Action, property.Path, property.From!.GetValue<string>(), property.To!.GetValue<string>()).ShouldBe(
            (ChangeAction.Update, "mode", "0600", "0640")
        );
        change.Reason!.ShouldContain("before us");
        (await _rig.ApplyAsync(Rig.State(Plain))).Result.ShouldBe(RunResult.Changed);
        _rig.Picture.ShouldBe("file:/a ours 0640 ");

        _rig.Put(Plain with { Mode = "0611" }); // no longer ours to decide
        (await _rig.ApplyAsync(Rig.State(Plain))).Result.ShouldBe(RunResult.Unchanged);
        await _rig.ApplyAsync(Rig.State());
        _rig.Kind.Host["file:/a"].Content.ShouldBe("theirs");
    }

    [Fact]
    public async Task A_value_changed_since_by_others_is_theirs()
    {
        _rig.Put(Rig.File("a", "theirs") with { Mode = "0640" });
        await _rig.ApplyAsync(Rig.State(Tight));
        _rig.Put(Tight with { Mode = "0755" });

        (await _rig.ApplyAsync(Rig.State(Plain))).Result.ShouldBe(RunResult.Unchanged);
        Mode.ShouldBe("0755");
    }

    [Fact]
    public async Task A_resource_that_we_created_gets_the_default()
    {
        await _rig.ApplyAsync(Rig.State(Tight));
        await _rig.ApplyAsync(Rig.State(Plain));
        Mode.ShouldBe("0644");
        await _rig.ApplyAsync(Rig.State());
        _rig.Kind.Host.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_value_that_was_as_described_before_us_stays()
    {
        _rig.Put(Tight);
        await _rig.ApplyAsync(Rig.State(Tight));
        (await _rig.ApplyAsync(Rig.State(Plain))).Result.ShouldBe(RunResult.Unchanged);
        Mode.ShouldBe("0600");
    }

    [Fact]
    public async Task A_property_described_later_returns_to_its_value_from_then()
    {
        _rig.Put(Rig.File("a", "theirs") with { Mode = "0640" });
        await _rig.ApplyAsync(Rig.State(Plain));
        _rig.Put(Plain with { Mode = "0660" }); // it was not described yet
        await _rig.ApplyAsync(Rig.State(Tight));
        await _rig.ApplyAsync(Rig.State(Tight, Rig.File("b")));

        await _rig.ApplyAsync(Rig.State(Plain, Rig.File("b")));
        Mode.ShouldBe("0660");
    }

    [Fact]
    public async Task A_property_that_could_not_be_restored_is_retried()
    {
        _rig.Put(Rig.File("a", "theirs") with { Mode = "0640" });
        await _rig.ApplyAsync(Rig.State(Tight));
        _rig.Kind.BeforeApply = static _ => throw MemoryKind.Fault(ErrorKind.PermissionDenied);
        (await _rig.ApplyAsync(Rig.State(Plain))).Result.ShouldBe(RunResult.Failed);
        Mode.ShouldBe("0600");
        _rig.Kind.BeforeApply = null;

        (await _rig.ApplyAsync(Rig.State(Plain))).Result.ShouldBe(RunResult.Changed);
        Mode.ShouldBe("0640");
    }

    [Fact]
    public async Task An_earlier_state_that_the_host_would_refuse_stops_nothing()
    {
        _rig.Put(Rig.File("a", "theirs") with { Mode = "0640" });
        await _rig.ApplyAsync(Rig.State(Tight));
        _rig.Kind.RefusesMode = "0640";

        (await _rig.ApplyAsync(Rig.State(Plain))).Result.ShouldBe(RunResult.Unchanged);
        Mode.ShouldBe("0600");
    }

    [Fact]
    public async Task A_rollback_restores_the_property_as_described()
    {
        _rig.Put(Rig.File("a", "theirs") with { Mode = "0640" });
        await _rig.ApplyAsync(Rig.State(Tight));
        await _rig.ApplyAsync(Rig.State(Plain));
        (await _rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
        Mode.ShouldBe("0600");

        await _rig.ApplyAsync(Rig.State(Plain));
        Mode.ShouldBe("0640");
    }

    [Fact]
    public async Task A_run_killed_at_any_write_is_completed_by_the_next()
    {
        for (var at = 1; ; at++)
        {
            var killed = new Rig();
            killed.Put(Rig.File("a", "theirs") with { Mode = "0640" });
            await killed.ApplyAsync(Rig.State(Tight));
            using var kill = new TestKit.KillSwitch { At = at };
            killed.Kind.OnWrite = killed.Store.OnWrite = kill.Step;
            try
            {
                await killed.ApplyAsync(Rig.State(Plain), ct: kill.Token);
            }
            catch (OperationCanceledException) when (kill.IsDead) { }

            killed.Kind.OnWrite = killed.Store.OnWrite = null;
            if (!kill.IsDead)
                break;
            await killed.ApplyAsync(Rig.State(Plain));
            killed.Picture.ShouldBe("file:/a ours 0640 ", $"killed at write {at}");
        }
    }
}
