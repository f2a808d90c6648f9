using Cloudlet.Agent;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.State;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Tests.Secrets;

/// <summary>Secrets of hosts that come from other hosts of their site.</summary>
public sealed class SecretsFromHostsSpecs : IDisposable
{
    private const string Controller = "controller: {secrets: {rabbit: {generate: 32}}}";
    private const string Rotated = "controller: {secrets: {rabbit: {generate: 32, version: 2}}}";
    private const string Edge = ", edge-1: {reach: ssh://edge-1, secrets: {rabbit: {from: controller}}}";
    private const string Site = Controller + Edge;
    private const string Sesame = "Xq7-open-sesame";

    private readonly MemorySite _site = new();

    public void Dispose() => _site.Dispose();

    [Fact]
    public async Task A_secret_is_made_on_its_host_and_reaches_the_other_in_one_apply()
    {
        (await _site.RunAsync(HostVerb.Apply, Site)).Values.ShouldAllBe(static exit => exit == ExitCodes.Ok);

        _site["edge-1"].Secret("rabbit").ShouldBe(_site["controller"].Secret("rabbit"));
        _site.Asked[0].ShouldBe("controller GiveSecrets");
        _site.Asked.Count(static a => a.EndsWith("GiveSecrets", StringComparison.Ordinal)).ShouldBe(1);
        (await _site.RunAsync(HostVerb.Apply, Site)).Values.ShouldAllBe(static exit => exit == ExitCodes.Ok);
        _site.Output.ShouldNotContain("\"changed\":1");
        (await _site.RunAsync(HostVerb.Verify, Site)).Values.ShouldAllBe(static exit => exit == ExitCodes.Ok);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_value_is_in_no_output_event_or_record(bool isJson)
    {
        await _site.RunAsync(HostVerb.Apply, Site, isJson: isJson);
        var first = _site["controller"].Secret("rabbit");
        _site.Output.ShouldNotContain(first);
        await _site.RunAsync(HostVerb.Plan, Rotated + Edge, isJson: isJson);
        _site.Output.ShouldNotContain(first);
        await _site.RunAsync(HostVerb.Apply, Rotated + Edge, isJson: isJson);
        var second = _site["controller"].Secret("rabbit");

        _site.Output.ShouldNotContain(second);
        foreach (var host in _site.All)
        foreach (var text in host.Lines.Concat(host.Records).Concat(host.Machine.Processes.Commands))
        {
            text.ShouldNotContain(first);
            text.ShouldNotContain(second);
        }
    }

    [Theory]
    [InlineData(HostVerb.Plan)]
    [InlineData(HostVerb.Verify)]
    internal async Task Before_the_first_apply_a_plan_says_so_and_makes_nothing(HostVerb verb)
    {
        await _site.RunAsync(verb, Site, isJson: false);

        _site.Problems.ShouldBeEmpty();
        _site.Output.ShouldContain(
            "hosts.edge-1.secrets.rabbit.from: controller gives no value of its secret \"rabbit\": the next apply makes it; whether"
        );
        _site["controller"].Machine.Writes.ShouldBeEmpty();
        _site["controller"].Machine.Files.Contents.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_host_alone_still_gets_the_value_of_another_one()
    {
        (await _site.RunAsync(HostVerb.Apply, Site, ["edge-1"])).ShouldHaveSingleItem().Value.ShouldBe(ExitCodes.Ok);

        _site.Asked.ShouldBe(["controller GiveSecrets", "edge-1 Apply", "edge-1 finished"]);
        _site["controller"].Closed.ShouldBe(1);
        _site["controller"].Has("/etc/cloudlet/secrets/rabbit").ShouldBeFalse();
        await _site.RunAsync(HostVerb.Apply, Site);
        _site["controller"].Secret("rabbit").ShouldBe(_site["edge-1"].Secret("rabbit"));
    }

    [Fact]
    public async Task A_new_version_is_not_for_a_host_that_is_applied_without_its_source()
    {
        await _site.RunAsync(HostVerb.Apply, Site);
        var before = _site["edge-1"].Secret("rabbit");

        await _site.RunAsync(HostVerb.Apply, Rotated + Edge, ["edge-1"], isJson: false);

        _site["edge-1"].Secret("rabbit").ShouldBe(before);
        _site.Output.ShouldContain("controller: secret:rabbit: other hosts get the present value");
    }

    [Fact]
    public async Task A_new_version_reaches_the_source_first_and_then_the_others_in_one_apply()
    {
        await _site.RunAsync(HostVerb.Apply, Site);
        var before = _site["edge-1"].Secret("rabbit");

        (await _site.RunAsync(HostVerb.Apply, Rotated + Edge)).Values.ShouldAllBe(static exit => exit == ExitCodes.Ok);

        _site["edge-1"].Secret("rabbit").ShouldNotBe(before);
        _site["edge-1"].Secret("rabbit").ShouldBe(_site["controller"].Secret("rabbit"));
        _site.Asked.ToList().IndexOf("edge-1 Apply").ShouldBeGreaterThan(_site.Asked.ToList().IndexOf("controller finished"));
        await _site.RunAsync(HostVerb.Apply, Rotated + Edge);
        _site.Output.ShouldNotContain("\"changed\":1");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_the_source_fails_no_host_is_left_with_another_value(bool rollsBack)
    {
        const string Broken =
            "controller: {secrets: {rabbit: {generate: 32, version: 2}}, files: {/etc/x: {content: 'a ${secret:rabbit}'}}}";
        await _site.RunAsync(HostVerb.Apply, Site);
        var before = _site["edge-1"].Secret("rabbit");
        _site["controller"].Machine.OnWrite = static what =>
        {
            if (what.Contains("/etc/x", StringComparison.Ordinal))
                throw new CloudletException(ErrorKind.NoSpace, "full");
        };

        var exits = await _site.RunAsync(HostVerb.Apply, Broken + Edge, rollsBack: rollsBack);

        exits.Values.ShouldAllBe(static exit => exit == ExitCodes.Failed);
        _site.Asked.ShouldNotContain("edge-1 Apply");
        _site["edge-1"].Secret("rabbit").ShouldBe(before);
        (_site["controller"].Secret("rabbit") == before).ShouldBe(rollsBack);
        _site.Output.ShouldContain("controller makes another value of a secret that this host uses, and its apply did not succeed");

        _site["controller"].Machine.OnWrite = null;
        (await _site.RunAsync(HostVerb.Apply, Broken + Edge)).Values.ShouldAllBe(static exit => exit == ExitCodes.Ok);
        _site["edge-1"].Secret("rabbit").ShouldNotBe(before);
        _site["edge-1"].Secret("rabbit").ShouldBe(_site["controller"].Secret("rabbit"));
    }

    [Fact]
    public async Task After_a_rollback_of_the_source_alone_the_next_apply_makes_them_equal()
    {
        await _site.RunAsync(HostVerb.Apply, Site);
        await _site.RunAsync(HostVerb.Apply, Rotated + Edge);
        var second = _site["edge-1"].Secret("rabbit");
        await _site["controller"].AskAsync(new AgentRequest(HostVerb.RollBack), static _ => { }, default);
        _site["controller"].Secret("rabbit").ShouldNotBe(second);

        await _site.RunAsync(HostVerb.Apply, Rotated + Edge);

        _site["controller"].Secret("rabbit").ShouldBe(second);
        _site["edge-1"].Secret("rabbit").ShouldBe(second);
        await _site["controller"].AskAsync(new AgentRequest(HostVerb.RollBack), static _ => { }, default);
        await _site.RunAsync(HostVerb.Apply, Site);
        _site["edge-1"].Secret("rabbit").ShouldBe(_site["controller"].Secret("rabbit"));
    }

    [Fact]
    public async Task Hosts_that_give_each_other_new_values_do_not_wait_for_each_other()
    {
        const string Both =
            "a: {{secrets: {{x: {{generate: 32, version: {0}}}, y: {{from: b}}}}}}, "
            + "b: {{reach: ssh://b, secrets: {{y: {{generate: 32, version: {0}}}, x: {{from: a}}}}}}";
        await _site.RunAsync(HostVerb.Apply, Text(1));
        var before = _site["a"].Secret("x");

        (await _site.RunAsync(HostVerb.Apply, Text(2))).Values.ShouldAllBe(static exit => exit == ExitCodes.Ok);

        _site["a"].Secret("x").ShouldNotBe(before);
        _site["b"].Secret("x").ShouldBe(_site["a"].Secret("x"));
        _site["a"].Secret("y").ShouldBe(_site["b"].Secret("y"));

        static string Text(int version) => string.Format(null, Both, version);
    }

    [Fact]
    public async Task A_source_that_does_not_answer_refuses_the_apply_and_nothing_is_touched()
    {
        _site["controller"].IsUnreachable = "ssh://controller: no route to host";

        (await _site.RunAsync(HostVerb.Apply, Site + ", other: {reach: ssh://other, files: {/etc/motd: {content: x}}}")).ShouldBeEmpty();

        var problem = _site.Problems.ShouldHaveSingleItem();
        problem.Path.ShouldBe("hosts.edge-1.secrets.rabbit.from");
        problem.Message.ShouldBe("controller gives no value of its secret \"rabbit\": ssh://controller: no route to host");
        _site.Asked.ShouldBe(["controller GiveSecrets"]);
        _site["edge-1"].Closed.ShouldBe(1);
    }

    [Fact]
    public async Task A_plan_goes_on_without_a_source_that_does_not_answer()
    {
        await _site.RunAsync(HostVerb.Apply, Site);
        _site["controller"].IsUnreachable = "no route to host";

        var exits = await _site.RunAsync(HostVerb.Plan, Site, isJson: false);

        exits["edge-1"].ShouldBe(ExitCodes.Ok);
        _site.Output.ShouldContain("controller gives no value of its secret \"rabbit\": no route to host; whether the host has this value");
    }

    [Fact]
    public async Task A_host_of_another_site_gives_nothing()
    {
        var owner = new OwnerClaim(new Owner(OwnerKind.Site, "hamburg", "c"));
        await _site["controller"]
            .AskAsync(
                new AgentRequest(HostVerb.Apply) { State = DesiredState.HostState.Create("c", []), Claim = owner },
                static _ => { },
                default
            );

        (await _site.RunAsync(HostVerb.Apply, Site)).ShouldBeEmpty();

        _site.Problems.ShouldHaveSingleItem().Message.ShouldContain("site \"hamburg\"");
        _site["controller"].Has("/var/lib/cloudlet/secrets").ShouldBeFalse();
    }

    [Fact]
    public async Task An_operators_file_of_another_host_is_read_there_and_must_be_there()
    {
        const string Path =
            "controller: {secrets: {broker: /etc/broker}}, edge-1: {reach: ssh://edge-1, secrets: "
            + "{rabbit: {from: controller, name: broker}}}";
        (await _site.RunAsync(HostVerb.Apply, Path)).ShouldBeEmpty();
        _site.Problems.ShouldHaveSingleItem().Message.ShouldEndWith("/etc/broker does not exist there");
        _site["controller"].Machine.Files["/etc/broker"] = $"{Sesame}\n";

        await _site.RunAsync(HostVerb.Apply, Path);

        _site["edge-1"].Secret("rabbit").ShouldBe(Sesame);
        _site["controller"].Machine.Files["/etc/broker"] = "another";
        await _site.RunAsync(HostVerb.Plan, Path, isJson: false);
        _site.Output.ShouldContain("content differs");
        _site.Output.ShouldNotContain(Sesame);
    }

    [Fact]
    public async Task A_chain_ends_at_the_host_or_machine_that_has_the_value()
    {
        const string Chain =
            Controller
            + ", edge-1: {reach: ssh://edge-1, secrets: {rabbit: {from: controller}, local: {command: [echo, "
            + Sesame
            + "]}}}, edge-2: {reach: ssh://edge-2, secrets: {rabbit: {from: edge-1}, local: {from: edge-1}}}";

        (await _site.RunAsync(HostVerb.Apply, Chain, ["edge-2"])).Values.ShouldAllBe(static exit => exit == ExitCodes.Ok);

        _site.Asked.ShouldBe(["controller GiveSecrets", "edge-2 Apply", "edge-2 finished"]);
        _site["edge-2"].Secret("local").ShouldBe(Sesame);
        await _site.RunAsync(HostVerb.Apply, Chain);
        _site["edge-2"].Secret("rabbit").ShouldBe(_site["controller"].Secret("rabbit"));
        _site["edge-1"].Secret("rabbit").ShouldBe(_site["controller"].Secret("rabbit"));
    }

    [Fact]
    public async Task Only_secrets_that_others_name_are_asked_for()
    {
        await _site.RunAsync(HostVerb.Apply, "controller: {secrets: {rabbit: {generate: 32}, own: {generate: 32}}}" + Edge);

        _site.Asked.Count(static a => a.EndsWith("GiveSecrets", StringComparison.Ordinal)).ShouldBe(1);
        _site["controller"].Has("/var/lib/cloudlet/secrets/.next-rabbit").ShouldBeTrue();
        _site["controller"].Has("/var/lib/cloudlet/secrets/.next-own").ShouldBeFalse();
    }
}
