using Cloudlet.Agent;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Tests;

/// <summary>Hosts wait for those that make new values, and never for each other.</summary>
public sealed class WaitOrderSpecs
{
    private static readonly Finished Good = new(RunResult.Unchanged, "d", 0, 0, 0, 1);
    private static readonly Refused Bad = new(ErrorKind.Busy, "busy");

    [Fact]
    public async Task A_host_runs_after_those_that_it_waits_for_whatever_their_order_in_the_site()
    {
        var ends = new List<string>();

        await RunAsync(
            async (target, failed) =>
            {
                failed.ShouldBeNull();
                if (target.After.Count == 0)
                    await Task.Delay(20, TestContext.Current.CancellationToken);
                lock (ends)
                    ends.Add(target.Name);
                return new HostOutcome(target.Name, Good);
            },
            Target("a", "b"),
            Target("b", "c"),
            Target("c")
        );

        ends.ShouldBe(["c", "b", "a"]);
    }

    [Fact]
    public async Task A_failure_is_passed_on_to_those_that_wait_and_to_no_other()
    {
        var told = new Dictionary<string, string?>();

        await RunAsync(
            (target, failed) =>
            {
                lock (told)
                    told[target.Name] = failed;
                return Task.FromResult(new HostOutcome(target.Name, target.Name == "c" || failed is not null ? Bad : Good));
            },
            Target("a", "b"),
            Target("b", "c", "d"),
            Target("c"),
            Target("d")
        );

        told.ShouldBe(
            new Dictionary<string, string?>
            {
                ["a"] = "b",
                ["b"] = "c",
                ["c"] = null,
                ["d"] = null,
            },
            ignoreOrder: true
        );
    }

    [Fact]
    public async Task An_interruption_ends_those_that_wait() =>
        await Should.ThrowAsync<OperationCanceledException>(() =>
            RunAsync(static (_, _) => throw new OperationCanceledException(), Target("a", "b"), Target("b"))
        );

    [Fact]
    public void Waits_in_a_circle_are_dropped_and_others_stay()
    {
        var order = WaitOrder.WithoutCircles(
            new Dictionary<string, IReadOnlyCollection<string>>
            {
                ["a"] = ["b", "d"],
                ["b"] = ["c"],
                ["c"] = ["a"],
                ["d"] = [],
                ["e"] = ["a", "unselected"],
            }
        );

        order.Select(static o => $"{o.Key}:{string.Join(',', o.Value)}").ShouldBe(["a:d", "b:", "c:", "d:", "e:a,unselected"]);
    }

    private static Task<IReadOnlyList<HostOutcome>> RunAsync(Func<Target, string?, Task<HostOutcome>> run, params Target[] targets) =>
        WaitOrder.RunAsync(targets, run);

    private static Target Target(string name, params string[] after) =>
        new(name, name, new AgentRequest(HostVerb.Apply), null!) { After = after };
}
