using Cloudlet.Cli.Hosts;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Planning;
using Cloudlet.Errors;
using Cloudlet.Provider.Agents;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Tests;

/// <summary>However a request to a host ends, the engine learns whether the host was touched.</summary>
public sealed class RunSpecs
{
    private const string Host = """{"links": {"br0": {"kind": "bridge", "mtu": 1400}}}""";
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_refuses_was_not_touched()
    {
        var hosts = new FakeHosts(new Refused(ErrorKind.Busy, "another run has the lock"));

        (await Should.ThrowAsync<CloudletException>(() => Converge(hosts))).Kind.ShouldBe(ErrorKind.Busy);
    }

    [Fact]
    public async Task An_answer_that_ends_before_the_first_change_is_a_clean_failure() =>
        (await Should.ThrowAsync<CloudletException>(() => Converge(new FakeHosts(new Planned("d", 1, []))))).Kind.ShouldBe(ErrorKind.Unreachable);

    [Fact]
    public async Task A_connection_that_is_lost_after_the_first_change_leaves_a_host_in_part()
    {
        var hosts = new FakeHosts((_, sink, _) =>
        {
            sink(new Planned("d", 1, [new ResourceChange("link:br0", ChangeAction.Update, [new PropertyChange("mtu", 1, 1400)])]));
            sink(new ChangeStarted("link:br0", ChangeAction.Update));
            throw new CloudletException(ErrorKind.Unreachable, "ssh failed");
        });

        var result = await Converge(hosts);

        result.Reasons.ShouldBe(["ssh failed"]);
        InputTree.Find(result.Outputs, "health", "state").ShouldBe(new TextValue("drifted"));
        InputTree.Find(result.Outputs, "links", "br0", "mtu").ShouldBe(new NumberValue(1));
    }

    [Fact]
    public async Task A_cancelled_change_leaves_a_host_in_part_and_a_cancelled_look_leaves_nothing()
    {
        await Should.ThrowAsync<OperationCanceledException>(() => Converge(new FakeHosts((_, _, _) => throw new OperationCanceledException())));

        var result = await Converge(new FakeHosts((_, sink, _) =>
        {
            sink(new ChangeStarted("link:br0", ChangeAction.Create));
            throw new OperationCanceledException();
        }));

        result.Reasons.ShouldHaveSingleItem().ShouldContain("interrupted");
    }

    [Fact]
    public async Task What_could_not_be_done_is_named()
    {
        var result = await Converge(new FakeHosts(
            new ChangeStarted("link:br0", ChangeAction.Create),
            new ChangeFailed("link:br0", ChangeAction.Create, ErrorKind.DriverMissing, "no driver"),
            new ChangeSkipped("file:/x", "link:br0"),
            new Verified([new ResourceChange("link:br0", ChangeAction.Create, [])]),
            new Finished(RunResult.Failed, "d", 0, 1, 1, 1)));

        result.Reasons.ShouldBe(["link:br0: no driver", "file:/x: left alone because link:br0 failed"]);
        InputTree.Find(result.Outputs, "links", "br0").ShouldBeNull();
    }

    [Fact]
    public async Task A_host_that_cannot_be_looked_at_keeps_what_was_known_of_it()
    {
        var before = Trees.Of("""{"digest": "sha256:1"}""");
        var hosts = new FakeHosts((_, _, _) => throw new CloudletException(ErrorKind.Unreachable, "no route"));

        var result = await new HostResource(hosts, new ProviderSettings()).ReadAsync("local", Trees.Inputs(Host), before, static _ => { }, Ct);

        (result.IsUnreachable, result.Reasons[0], result.Outputs["digest"]).ShouldBe((true, "no route", new TextValue("sha256:1")));
        InputTree.Find(result.Outputs, "health", "state").ShouldBe(new TextValue("unreachable"));
    }

    [Fact]
    public async Task A_host_that_is_only_forgotten_is_not_asked()
    {
        var hosts = new FakeHosts();

        await new HostResource(hosts, new ProviderSettings { OnDelete = OnDeletes.Forget }).DeleteAsync(Trees.Inputs(Host), static _ => { }, Ct);

        hosts.Asked.ShouldBeEmpty();
    }

    [Fact]
    public void Requests_are_read_by_the_agent_as_they_are_meant()
    {
        var state = Trees.Inputs(Host).Compile().State!;

        var read = HostRequest.Parse(new AgentRequest(AgentRequest.Apply) { State = state }.ToBytes());

        (read.Verb, read.State).ShouldBe((HostVerb.Apply, state));
        new[] { AgentRequest.Plan, AgentRequest.Status, AgentRequest.Restore }.Select(static v => HostRequest.Parse(new AgentRequest(v).ToBytes()).Verb).ShouldBe([HostVerb.Plan, HostVerb.Status, HostVerb.Restore]);
    }

    private static Task<HostResult> Converge(FakeHosts hosts) => new HostResource(hosts, new ProviderSettings()).ConvergeAsync(Trees.Inputs(Host), static _ => { }, Ct);
}
