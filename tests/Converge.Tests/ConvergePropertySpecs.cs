using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Converge.Tests;

public class ConvergePropertySpecs
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void From_any_state_an_apply_reaches_any_other_and_a_second_plan_is_empty() =>
        Check(
            async (first, second) =>
            {
                var rig = new Rig();
                await rig.ApplyAsync(first);
                var end = await rig.ApplyAsync(second);
                end.Result.ShouldBeOneOf(RunResult.Changed, RunResult.Unchanged);
                (await rig.PlanAsync(second)).IsEmpty.ShouldBeTrue();
                rig.Kind.Host.Keys.ShouldBe(second.Resources.Select(r => r.Id), ignoreOrder: true);
                rig.Kind.Calls.Clear();
                (await rig.ApplyAsync(second)).Result.ShouldBe(RunResult.Unchanged);
                rig.Kind.Calls.ShouldBeEmpty();
            }
        );

    [Fact]
    public void Rolling_back_any_apply_restores_exactly_the_state_before() =>
        Check(
            async (first, second) =>
            {
                var rig = new Rig();
                await rig.ApplyAsync(first);
                var before = rig.Picture;
                if ((await rig.ApplyAsync(second)).Result == RunResult.Unchanged)
                    return;
                (await rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
                rig.Picture.ShouldBe(before);
            }
        );

    [Fact]
    public void When_everything_leaves_the_host_is_as_before_the_first_run() =>
        Check(
            async (first, second) =>
            {
                // Half of the files exist before our first run, some of them as described.
                var rig = new Rig();
                rig.Put([
                    .. first.Resources.OfType<DesiredState.Kinds.Files.FileSpec>().Where((_, i) => i % 2 == 0),
                    .. second
                        .Resources.OfType<DesiredState.Kinds.Files.FileSpec>()
                        .Where((_, i) => i % 3 == 0)
                        .Select(f => f with { Content = "theirs", Target = "" }),
                ]);
                foreach (var (id, file) in rig.Kind.Host.ToList())
                    rig.Kind.Host[id] = file with { Target = file.Target ?? "" };
                var before = rig.Picture;
                await rig.ApplyAsync(first);
                await rig.ApplyAsync(second);
                await rig.ApplyAsync(first);
                await rig.ApplyAsync(Rig.State());
                rig.Picture.ShouldBe(before);
            }
        );

    [Fact]
    public void The_order_of_declarations_does_not_matter() =>
        Check(
            async (first, second) =>
            {
                var (one, other) = (new Rig(), new Rig());
                await one.ApplyAsync(first);
                await other.ApplyAsync(first);
                await one.ApplyAsync(second);
                await other.ApplyAsync(HostState.Create(second.Host, second.Resources.Reverse()));
                one.Picture.ShouldBe(other.Picture);
                one.Store.ReadApplied()!.Digest.ShouldBe(other.Store.ReadApplied()!.Digest);
            }
        );

    [Fact]
    public void Every_resource_is_changed_after_its_dependencies() =>
        Check(
            async (first, second) =>
            {
                var rig = new Rig();
                await rig.ApplyAsync(first);
                rig.Kind.Calls.Clear();
                await rig.ApplyAsync(second);
                foreach (var spec in second.Resources)
                foreach (var before in spec.After)
                    if (rig.Kind.Calls.IndexOf($"apply {spec.Id}") is var at and >= 0)
                        rig.Kind.Calls.IndexOf($"apply {before}").ShouldBeLessThan(at);
            }
        );

    private static void Check(Func<HostState, HostState, Task> property) =>
        FsCheck.Check.One(Many, Prop.ForAll(RandomStates.Pairs(), pair => property(pair.First, pair.Second).GetAwaiter().GetResult()));
}
