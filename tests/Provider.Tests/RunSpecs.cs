using Cloudlet.Agent;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.Converge.State;
using Cloudlet.Errors;
using Cloudlet.Provider.Resources;
using Cloudlet.Provider.Settings;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Tests;

/// <summary>However a request to a host ends, the engine learns whether the host was changed.</summary>
public sealed class RunSpecs
{
    private const string Host = """{"links": {"br0": {"kind": "bridge", "mtu": 1400}}}""";
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_refuses_was_not_changed()
    {
        var hosts = new FakeHosts(new Refused(ErrorKind.Busy, "another run has the lock"));

        (await Should.ThrowAsync<CloudletException>(() => Converge(hosts))).Kind.ShouldBe(ErrorKind.Busy);
    }

    [Fact]
    public async Task An_answer_that_ends_before_the_first_change_is_a_clean_failure() =>
        (await Should.ThrowAsync<CloudletException>(() => Converge(new FakeHosts(new Planned("d", 1, []))))).Kind.ShouldBe(
            ErrorKind.Unreachable
        );

    [Fact]
    public async Task A_connection_lost_after_the_first_change_leaves_the_host_partly_changed()
    {
        var hosts = new FakeHosts(
            (_, sink, _) =>
            {
                sink(new Planned("d", 1, [new ResourceChange("link:br0", ChangeAction.Update, [new PropertyChange("mtu", 1, 1400)])]));
                sink(new ChangeStarted("link:br0", ChangeAction.Update));
                throw new CloudletException(ErrorKind.Unreachable, "ssh failed");
            }
        );

        var result = await Converge(hosts);

        result.Reasons.ShouldBe(["ssh failed"]);
        InputTree.Find(result.Outputs, "health", "state").ShouldBe(new TextValue("drifted"));
        InputTree.Find(result.Outputs, "links", "br0", "mtu").ShouldBe(new NumberValue(1));
    }

    [Fact]
    public async Task A_cancelled_change_leaves_the_host_partly_changed_and_a_cancelled_observation_does_not()
    {
        await Should.ThrowAsync<OperationCanceledException>(() =>
            Converge(new FakeHosts((_, _, _) => throw new OperationCanceledException()))
        );

        var result = await Converge(
            new FakeHosts(
                (_, sink, _) =>
                {
                    sink(new ChangeStarted("link:br0", ChangeAction.Create));
                    throw new OperationCanceledException();
                }
            )
        );

        result.Reasons.ShouldHaveSingleItem().ShouldContain("interrupted");
    }

    [Fact]
    public async Task Failed_changes_are_named()
    {
        var result = await Converge(
            new FakeHosts(
                new ChangeStarted("link:br0", ChangeAction.Create),
                new ChangeFailed("link:br0", ChangeAction.Create, ErrorKind.DriverMissing, "no driver"),
                new ChangeSkipped("file:/x", "link:br0"),
                new Verified([new ResourceChange("link:br0", ChangeAction.Create, [])]),
                new Finished(RunResult.Failed, "d", 0, 1, 1, 1)
            )
        );

        result.Reasons.ShouldBe(["link:br0: no driver", "file:/x: left alone because link:br0 failed"]);
        InputTree.Find(result.Outputs, "links", "br0").ShouldBeNull();
    }

    [Fact]
    public async Task A_host_that_cannot_be_observed_keeps_its_earlier_outputs()
    {
        var before = Trees.Of("""{"digest": "sha256:1"}""");
        var hosts = new FakeHosts((_, _, _) => throw new CloudletException(ErrorKind.Unreachable, "no route"));

        var result = await new HostResource(hosts, new ProviderSettings()).ReadAsync(
            "local",
            Trees.Inputs(Host),
            before,
            static _ => { },
            Ct
        );

        (result.IsUnreachable, result.Reasons[0], result.Outputs["digest"]).ShouldBe((true, "no route", new TextValue("sha256:1")));
        InputTree.Find(result.Outputs, "health", "state").ShouldBe(new TextValue("unreachable"));
    }

    [Theory]
    [InlineData(ErrorKind.ProcessFailed)]
    [InlineData(ErrorKind.NoSpace)]
    [InlineData(ErrorKind.NotFound)]
    [InlineData(ErrorKind.InvalidInput)]
    [InlineData(ErrorKind.Unexpected)]
    public async Task Any_failure_to_observe_a_host_is_that_hosts_failure(ErrorKind kind)
    {
        var result = await Read(new FakeHosts((_, _, _) => throw new CloudletException(kind, "the reason")));

        (result.IsUnreachable, result.Reasons[0], result.Outputs["digest"]).ShouldBe((false, "the reason", new TextValue("sha256:1")));
        InputTree.Find(result.Outputs, "health", "state").ShouldBe(new TextValue("unknown"));
    }

    [Fact]
    public async Task Neither_an_agent_that_cannot_be_started_nor_one_that_refuses_nor_a_state_of_another_version_stops_a_refresh()
    {
        (await Read(new FakeHosts(static (_, _, _) => throw new System.ComponentModel.Win32Exception(13))))
            .Reasons[0]
            .ShouldContain("Win32Exception");
        (await Read(new FakeHosts(new Refused(ErrorKind.Busy, "a lock")))).Reasons.ShouldBe(["a lock"]);
        (await Read(new FakeHosts(), """{"links": {"br0": {"kind": "of tomorrow"}}}""")).Reasons[0].ShouldContain("links.br0.kind");
    }

    [Fact]
    public async Task A_cancelled_observation_ends_the_refresh()
    {
        using var ending = new CancellationTokenSource();
        var hosts = new FakeHosts(
            (_, _, _) =>
            {
                ending.Cancel();
                throw new OperationCanceledException(ending.Token);
            }
        );

        await Should.ThrowAsync<OperationCanceledException>(() =>
            Resource(hosts).ReadAsync("local", Trees.Inputs(Host), MapValue.Empty, static _ => { }, ending.Token)
        );
    }

    [Fact]
    public async Task A_certain_refusal_fails_the_preview_and_a_host_that_does_not_answer_does_not()
    {
        var refused = await Should.ThrowAsync<CloudletException>(() =>
            Resource(new FakeHosts(new Refused(ErrorKind.InvalidInput, "no module dummy"))).PreviewAsync(Of(One), static _ => { }, Ct)
        );
        refused.Message.ShouldBe("no module dummy");
        var told = new List<string>();

        await Resource(new FakeHosts(static (_, _, _) => throw new CloudletException(ErrorKind.Unreachable, "no route")))
            .PreviewAsync(Of(One), p => told.Add(p.Text), Ct);

        told.ShouldHaveSingleItem().ShouldContain("no route");
    }

    [Fact]
    public async Task Two_resources_for_one_machine_fail_the_preview_and_only_warn_in_a_refresh()
    {
        var resource = Resource(new FakeHosts(new Identified("machine 1"), new Planned("d", 1, [])));
        await resource.ReadAsync("local", Of(One), MapValue.Empty, static _ => { }, Ct);

        (await resource.ReadAsync("ssh://localhost", Of(Two), MapValue.Empty, static _ => { }, Ct))
            .Reasons.ShouldHaveSingleItem()
            .ShouldContain("the same machine");
        var refused = await Should.ThrowAsync<CloudletException>(() => resource.PreviewAsync(Of(Two), static _ => { }, Ct));

        refused.Message.ShouldContain("two and one are the same machine");
        await resource.PreviewAsync(Of(One), static _ => { }, Ct);
    }

    [Fact]
    public async Task A_renamed_resource_and_the_next_one_after_a_release_may_have_the_machine()
    {
        var resource = Resource(
            new FakeHosts(new Identified("machine 1"), new Planned("d", 1, []), new Finished(RunResult.RolledBack, "", 1, 0, 0, 1))
        );
        await resource.PreviewAsync(Of(One), static _ => { }, Ct);
        var renamed = Of(Two) with { By = new Describer(Two) { Formerly = One } };
        await resource.PreviewAsync(renamed, static _ => { }, Ct);

        await resource.DeleteAsync(renamed, static _ => { }, Ct);

        await resource.PreviewAsync(Of(Three), static _ => { }, Ct);
    }

    [Fact]
    public async Task A_host_of_another_description_is_taken_over_only_on_request_and_left_alone_on_delete()
    {
        var theirs = new Owned(new Owner(OwnerKind.Site, "berlin", "edge-1"), DateTimeOffset.UnixEpoch);
        var hosts = new FakeHosts(theirs, new Planned("d", 1, []));
        (
            await Should.ThrowAsync<CloudletException>(() =>
                Resource(hosts).PreviewAsync(Of(One) with { By = new Describer(One) { IsNew = true } }, static _ => { }, Ct)
            )
        ).Kind.ShouldBe(ErrorKind.OwnedByOther);
        var told = new List<string>();
        await Resource(hosts).PreviewAsync(Of(One), p => told.Add(p.Text), Ct);
        told[0].ShouldContain("site \"berlin\" as host edge-1");

        told.Clear();
        await Resource(new FakeHosts(new Refused(ErrorKind.OwnedByOther, "berlin's"))).DeleteAsync(Of(One), p => told.Add(p.Text), Ct);

        told.ShouldHaveSingleItem().ShouldContain("left as it is");
    }

    [Fact]
    public async Task Changes_that_did_not_last_are_named_with_what_was_found()
    {
        var result = await Converge(
            new FakeHosts(
                new ChangeStarted("unit:nope.service", ChangeAction.Create),
                new ChangeDone("unit:nope.service", ChangeAction.Create, [], 1),
                new Verified([
                    new ResourceChange("unit:nope.service", ChangeAction.Update, [new PropertyChange("running", false, true)]),
                    new ResourceChange("link:br0", ChangeAction.Create, []),
                ]),
                new Finished(RunResult.Failed, "d", 1, 0, 0, 1)
            )
        );

        result.Reasons.ShouldBe([
            "unit:nope.service: it was changed, but did not stay so: running is false, expected true",
            "link:br0: it was created, but no longer exists",
        ]);
    }

    [Theory]
    [InlineData(null, RunResult.Unchanged, "undescribed")]
    [InlineData("sha256:1", RunResult.Unchanged, "as-described")]
    [InlineData("sha256:1", RunResult.Drift, "drifted")]
    public async Task An_imported_host_is_compared_with_its_last_applied_state(string? applied, RunResult verified, string expected)
    {
        var hosts = new FakeHosts(
            (request, sink, _) =>
            {
                sink(request.Verb == HostVerb.Status ? new StateReported(applied, 1) : new Finished(verified, "d", 0, 0, 0, 1));
                return Task.CompletedTask;
            }
        );

        var result = await Resource(hosts).ImportAsync("local", "edge-1", static _ => { }, Ct);

        InputTree.Find(result.Outputs, "health", "state").ShouldBe(new TextValue(expected));
    }

    [Fact]
    public async Task A_forgotten_host_is_not_contacted()
    {
        var hosts = new FakeHosts();

        await new HostResource(hosts, new ProviderSettings { OnDelete = OnDeletes.Forget }).DeleteAsync(
            Trees.Inputs(Host),
            static _ => { },
            Ct
        );

        hosts.Asked.ShouldBeEmpty();
    }

    [Fact]
    public void The_agent_parses_requests_correctly()
    {
        var state = Trees.Inputs(Host).Compile().State!;

        var claim = new Describer(Two) { Formerly = One }.Claim(takeOver: true);

        var read = AgentRequest.Parse(
            new AgentRequest(HostVerb.Apply)
            {
                WithIdentity = true,
                State = state,
                Claim = claim,
            }.ToBytes()
        );

        (read.Verb, read.State, read.Claim, read.WithIdentity).ShouldBe((HostVerb.Apply, state, claim, true));
        claim.Owner.ShouldBe(new Owner(OwnerKind.Pulumi, "proj/dev", Two));
        new[] { HostVerb.Plan, HostVerb.Status, HostVerb.Restore }
            .Select(static v => AgentRequest.Parse(new AgentRequest(v).ToBytes()).Verb)
            .ShouldBe([HostVerb.Plan, HostVerb.Status, HostVerb.Restore]);
    }

    private const string One = "urn:pulumi:dev::proj::cloudlet:index:Host::one";
    private const string Two = "urn:pulumi:dev::proj::cloudlet:index:Host::two";
    private const string Three = "urn:pulumi:dev::proj::cloudlet:index:Host::three";

    private static HostInputs Of(string urn) => Trees.Inputs(Host) with { By = new Describer(urn) };

    private static HostResource Resource(FakeHosts hosts) => new(hosts, new ProviderSettings());

    private static Task<HostResult> Read(FakeHosts hosts, string host = Host) =>
        Resource(hosts).ReadAsync("local", Trees.Inputs(host), Trees.Of("""{"digest": "sha256:1"}"""), static _ => { }, Ct);

    private static Task<HostResult> Converge(FakeHosts hosts) =>
        new HostResource(hosts, new ProviderSettings()).ConvergeAsync(Trees.Inputs(Host), static _ => { }, Ct);
}
