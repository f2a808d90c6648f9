using System.Diagnostics;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>Two hosts: one waits for a port of the other.</summary>
public sealed class WaitingConverge() : ConvergeHost(new NetworkdHost(), LabBoot.Networkd)
{
    private const string Server = "server";

    protected override string Site => "waiting-host.yaml";

    /// <summary>Starts both hosts; returns the site file with the names of their links.</summary>
    internal async Task<string> BeginAsync()
    {
        await Host.UpAsync();
        await Host.Lab.UpAsync(new LabHostSpec(Server), new Progress<string>(), CancellationToken.None);
        return WriteFile(
            """
            defaults:
              links: {eth0: ~, host0: {kind: existing}}
            hosts:
              server:
                links: {eth0: ~, host0: {addresses: [192.0.2.1/24]}}
              edge-1:
                modules: ~
                links: {eth0: ~, cloudlet0: ~, host0: {addresses: [192.0.2.2/24]}}

            """
        );
    }
}

/// <summary>Conditions across hosts, with real ports.</summary>
public sealed class ConditionSpecs(WaitingConverge site) : IClassFixture<WaitingConverge>
{
    private const string Id = "condition:server";

    [Fact]
    public async Task A_host_waits_for_a_port_of_another_one_in_one_apply_and_a_limit_that_passes_says_what_was_found()
    {
        var lab = await site.BeginAsync();

        // Alone, it waits for nobody, and only as long as it was told to.
        var shortly = site.Write("conditions: {server: {timeout: 12}}");
        var watch = Stopwatch.StartNew();
        var alone = await site.RunWithAsync("apply", ["--host", "edge-1"], lab, shortly);

        alone.ShouldExitWith(1);
        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromSeconds(12));
        var failed = alone.Named("change-failed").ShouldHaveSingleItem();
        failed.GetProperty("id").GetString().ShouldBe(Id);
        var message = failed.GetProperty("message").GetString()!;
        message.ShouldStartWith("192.0.2.1:8080 did not accept connections within 12 s; attempts: ");
        message.ShouldContain("found at the last one: ");
        alone.Named("change-skipped").ShouldHaveSingleItem().GetProperty("id").GetString().ShouldBe("file:/etc/server-is-ready");
        Progress(alone).ShouldContain(static m => m.StartsWith("condition:server: waits for 192.0.2.1:8080 to accept connections"));

        // Together, it waits until the other one has come that far.
        var both = await site.RunWithAsync("apply", [], lab);

        both.ShouldExitWith(0);
        Progress(both).ShouldContain(static m => m.Contains("it waits up to 600 s;"));
        (await site.ShellAsync("cat /etc/server-is-ready")).ShouldBe("192.0.2.1 answered");
        (await site.RunWithAsync("plan", [], lab)).ShouldExitWith(0).Named("planned").SelectMany(Changes).ShouldBeEmpty();
        (await site.RunWithAsync("verify", [], lab)).ShouldExitWith(0).Drift.ShouldBeEmpty();
    }

    private static IReadOnlyList<string> Progress(ProgramRun run) =>
        [
            .. run.Named("noticed")
                .Select(static e => e.GetProperty("message").GetString()!)
                .Where(static m => m.StartsWith("condition:", StringComparison.Ordinal)),
        ];

    private static IEnumerable<string?> Changes(System.Text.Json.JsonElement planned) =>
        planned.GetProperty("changes").EnumerateArray().Select(static c => c.GetProperty("id").GetString());
}
