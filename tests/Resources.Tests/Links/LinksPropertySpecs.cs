using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Resources.Kinds.Links;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Resources.Tests.Links;

public class LinksPropertySpecs
{
    [Fact]
    public void From_any_links_an_apply_reaches_any_others_and_can_be_rolled_back() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(
                RandomLinks.Pairs(withVlan: true),
                pair =>
                {
                    using var machine = new FakeMachine();
                    var failures = new List<string>();
                    var converger = new Converger(
                        new KindRegistry().Add(new LinksKind(machine.Links, machine.Files)),
                        new MemoryConvergeStore(),
                        new RecordingGuard(),
                        new ManualClock(),
                        e =>
                        {
                            if (e is ChangeFailed failed)
                                failures.Add($"{failed.Id}: {failed.Message}");
                        }
                    );
                    Run(pair.From, RunResult.Changed, RunResult.Unchanged);
                    var before = LinkPicture.Of(machine.Links, pair.From);
                    var end = Run(pair.To, RunResult.Changed, RunResult.Unchanged);
                    converger.PlanAsync(pair.To, default).GetAwaiter().GetResult().Changes.ShouldBeEmpty();
                    if (end == RunResult.Unchanged)
                        return;
                    converger
                        .RollBackAsync(null, default)
                        .GetAwaiter()
                        .GetResult()
                        .Result.ShouldBe(RunResult.RolledBack, string.Join('\n', failures));
                    LinkPicture.Of(machine.Links, pair.From).ShouldBe(before);

                    RunResult Run(DesiredState.HostState state, params RunResult[] allowed)
                    {
                        var result = converger.ApplyAsync(state, new ApplyOptions(), default).GetAwaiter().GetResult().Result;
                        result.ShouldBeOneOf(allowed, string.Join('\n', failures));
                        return result;
                    }
                }
            )
        );
}
