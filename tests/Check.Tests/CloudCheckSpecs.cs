using System.Text.Json.Nodes;
using Cloudlet.Check.Steps;
using Cloudlet.Errors;
using Cloudlet.Machine.Network;
using Cloudlet.TestKit.Cloud;

namespace Cloudlet.Check.Tests;

/// <summary>Checks of a fake cloud over HTTP.</summary>
public sealed class CloudCheckSpecs
{
    private static readonly string[] AllSteps =
    [
        "login Passed",
        "leftovers Passed",
        "guest Passed",
        "image Passed",
        "flavor Passed",
        "network Passed",
        "router Passed",
        "server Passed",
        "address Passed",
        "metadata Passed",
        "ping Passed",
        "delete Passed",
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cloud_that_works_passes_every_step_and_keeps_nothing()
    {
        await using var host = new CheckHost();

        (await host.CheckAsync(ct: Ct)).ShouldBeTrue(string.Join('\n', host.Steps));

        host.Ends.ShouldBe(AllSteps);
        host.Objects().ShouldBe(host.Before);
        host.Steps[^2].Found.ShouldBe($"{CheckHost.Floating} answered in 1 ms");
        var server = JsonNode.Parse(host.Cloud.Requests.Single(static r => r is { Method: "POST", Path: "/compute/v2.1/servers" }).Body)!;
        server["server"]!["name"]!.ToString().ShouldStartWith("cloudlet-check-ab12cd34-");
        var disk = JsonNode.Parse(host.Cloud.Requests.Last(static r => r is { Method: "POST", Path: "/image/v2/images" }).Body)!;
        disk["disk_format"]!.ToString().ShouldBe("raw");
        disk["kernel_id"]!.ToString().ShouldNotBe(disk["ramdisk_id"]!.ToString());
    }

    /// <summary>Whatever request that changes something is refused, nothing is left when the service works again.</summary>
    [Fact]
    public async Task Nothing_is_left_whichever_request_fails()
    {
        int changes;
        await using (var host = new CheckHost())
        {
            (await host.CheckAsync(ct: Ct)).ShouldBeTrue();
            changes = host.Cloud.Changes.Count();
        }

        changes.ShouldBeGreaterThan(20);
        for (var failing = 0; failing < changes; failing++)
        {
            await using var host = new CheckHost();
            var seen = 0;
            host.Cloud.Instead = r =>
                r.Method != "GET" && !r.Path.EndsWith("/auth/tokens", StringComparison.Ordinal) && seen++ == failing
                    ? new FakeAnswer(500, """{"error": {"message": "out of order"}}""")
                    : null;

            var passed = await host.CheckAsync(ct: Ct);

            host.Objects().ShouldBe(host.Before, $"request {failing}: {string.Join('\n', host.Steps)}");
            host.Steps[^1].Name.ShouldBe("delete");
            if (!passed)
                host.Failure.ShouldContain("out of order");
        }
    }

    /// <summary>A request may be carried out although its answer is lost.</summary>
    [Fact]
    public async Task Nothing_is_left_when_an_answer_is_lost()
    {
        foreach (var path in (string[])["/networks", "/ports", "/routers", "/floatingips", "/servers", "/images", "/flavors"])
        {
            await using var host = new CheckHost();
            host.Cloud.Instead = r =>
            {
                if (r.Method != "POST" || !r.Path.EndsWith(path, StringComparison.Ordinal))
                    return null;
                var body = JsonNode.Parse(r.Body)!.AsObject();
                var made = (body.Count == 1 ? body.Single().Value! : body).DeepClone().AsObject();
                made["project_id"] = FakeCloud.AdminProject;
                if (path == "/servers")
                    return null;
                host.Cloud.Add(path[1..], made);
                return new FakeAnswer(0);
            };

            (await host.CheckAsync(ct: Ct)).ShouldBe(path == "/servers");

            host.Objects().ShouldBe(host.Before, path);
        }
    }

    [Fact]
    public async Task A_cancelled_check_deletes_what_it_made()
    {
        foreach (var step in AllSteps[1..])
        {
            await using var host = new CheckHost();
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            host.OnStep = s =>
            {
                if ($"{s.Name} {s.Result}" == step)
                    cancel.Cancel();
            };

            await Should.ThrowAsync<OperationCanceledException>(() => host.CheckAsync(ct: cancel.Token));

            host.Objects().ShouldBe(host.Before, step);
        }
    }

    [Fact]
    public async Task A_check_that_takes_too_long_says_so_and_deletes_what_it_made()
    {
        await using var host = new CheckHost();
        host.Machine.Probes.Silent.Add($"ping {CheckHost.Floating}");

        (await host.CheckAsync(host.Options with { Limit = TimeSpan.FromSeconds(3) }, Ct)).ShouldBeFalse();

        // On a busy machine the time may be over before the ping.
        host.Failure.ShouldContain("the check did not end within 3 s: it was in the step ");
        host.Failure.ShouldContain("--timeout");
        host.Objects().ShouldBe(host.Before);
    }

    [Fact]
    public async Task What_a_killed_check_of_this_host_left_is_deleted_first()
    {
        await using var host = new CheckHost();
        host.Cloud.Add("networks", new() { ["name"] = "cloudlet-check-ab12cd34-000001", ["project_id"] = FakeCloud.AdminProject });
        host.Cloud.Add("images", new() { ["name"] = "cloudlet-check-ab12cd34-000001-disk", ["owner"] = FakeCloud.AdminProject });
        host.Cloud.Add("flavors", new() { ["name"] = "cloudlet-check-99999999-000001" });

        (await host.CheckAsync(ct: Ct)).ShouldBeTrue();

        host.Steps[1].Found.ShouldBe("2 objects of an earlier check deleted");
        host.Objects().Except(host.Before).ShouldHaveSingleItem().ShouldContain("cloudlet-check-99999999-000001");
    }

    [Fact]
    public async Task A_server_in_error_ends_the_check_with_the_reason()
    {
        await using var host = new CheckHost();
        host.Cloud.Servers.Fault = "No valid host was found.";

        (await host.CheckAsync(ct: Ct)).ShouldBeFalse();

        host.Failure.ShouldContain("No valid host was found.");
        host.Failure.ShouldContain("cloudlet explain");
        host.Ends.ShouldContain("server Failed");
        host.Objects().ShouldBe(host.Before);
    }

    [Fact]
    public async Task A_host_that_the_scheduler_has_not_added_to_a_cell_yet_is_tried_again()
    {
        await using var host = new CheckHost();
        host.Cloud.Servers.Fault = "Host 'edge-1' is not mapped to any cell";
        var tries = 0;
        host.Cloud.Instead = r =>
        {
            if (r.Method == "POST" && r.Path.EndsWith("/servers", StringComparison.Ordinal) && ++tries == 3)
                host.Cloud.Servers.Fault = null;
            return null;
        };

        (await host.CheckAsync(ct: Ct)).ShouldBeTrue();

        tries.ShouldBe(3);
        host.Objects().ShouldBe(host.Before);
    }

    [Theory]
    [InlineData("cloudlet-check: started\r\ncloudlet-check: trouble no answer to DHCP on eth0\r\n", "address", "no answer to DHCP on eth0")]
    [InlineData("", "address", "its console is empty")]
    [InlineData("Kernel panic - not syncing\r\n", "address", "Kernel panic - not syncing")]
    [InlineData("cloudlet-check: address 10.9.9.9/24\r\n", "address", "another DHCP server")]
    [InlineData("cloudlet-check: address {0}/24\r\ncloudlet-check: trouble metadata: HTTP/1.1 503\r\n", "metadata", "HTTP/1.1 503")]
    [InlineData("cloudlet-check: address {0}/24\r\ncloudlet-check: metadata 1234\r\n", "metadata", "found \"1234\"")]
    public async Task What_the_guest_lacks_is_named(string console, string step, string found)
    {
        await using var host = new CheckHost();
        host.Cloud.Servers.Console = (address, _) => console.Replace("{0}", address, StringComparison.Ordinal);

        (await host.CheckAsync(host.Options with { Limit = TimeSpan.FromMinutes(5) }, Ct)).ShouldBeFalse();

        host.Ends.ShouldContain($"{step} Failed");
        host.Failure.ShouldContain(found);
        host.Objects().ShouldBe(host.Before);
    }

    [Fact]
    public async Task A_console_that_comes_late_is_waited_for()
    {
        await using var host = new CheckHost();
        var usual = host.Cloud.Servers.Console;
        var looks = 0;
        host.Cloud.Servers.Console = (address, id) => ++looks < 20 ? null : usual(address, id);

        (await host.CheckAsync(ct: Ct)).ShouldBeTrue();

        host.Waits.ShouldContain("address: its console is empty");
    }

    [Fact]
    public async Task Without_an_external_network_the_guest_is_pinged_from_its_own()
    {
        await using var host = new CheckHost();
        host.Cloud["subnets"].Clear();
        (await host.CheckAsync(ct: Ct)).ShouldBeTrue();
        host.Steps[^2].Result.ShouldBe(StepResult.Skipped);

        host.Steps.Clear();
        var network = "";
        host.OnStep = s =>
        {
            if (s.Name != "network")
                return;
            network = host.Cloud["networks"][^1]["id"]!.ToString();
            var address = s.Found.Split(' ')[1];
            host.Machine.Files[$"/run/netns/ovnmeta-{network}"] = "";
            host.Machine.Probes.Services[$"ping {address} in ovnmeta-{network}"] = () => new ProbeAnswer(true, "it answered");
        };
        (await host.CheckAsync(ct: Ct)).ShouldBeTrue(string.Join('\n', host.Steps));
        host.Steps[^2].Found.ShouldBe($"it answered, from the namespace ovnmeta-{network}");
    }

    [Fact]
    public async Task A_floating_ip_that_does_not_answer_is_told_apart_from_a_guest_that_does_not()
    {
        await using var host = new CheckHost();
        host.Machine.Probes.Services.Clear();
        var isGuestUp = true;
        host.OnStep = s =>
        {
            if (s.Name != "network")
                return;
            var network = host.Cloud["networks"][^1]["id"]!.ToString();
            host.Machine.Files[$"/run/netns/ovnmeta-{network}"] = "";
            host.Machine.Probes.Services[$"ping {s.Found.Split(' ')[1]} in ovnmeta-{network}"] = () => new ProbeAnswer(isGuestUp, "tried");
        };

        (await host.CheckAsync(ct: Ct)).ShouldBeFalse();
        host.Failure.ShouldContain("the router or the external network is at fault");

        host.Steps.Clear();
        isGuestUp = false;
        (await host.CheckAsync(ct: Ct)).ShouldBeFalse();
        host.Failure.ShouldContain("security group");
    }

    [Fact]
    public async Task An_image_and_a_flavor_of_the_cloud_are_used_and_stay()
    {
        await using var host = new CheckHost();
        host.Cloud.Add("images", new() { ["name"] = "cirros", ["owner"] = FakeCloud.AdminProject });
        host.Cloud.Add(
            "flavors",
            new()
            {
                ["name"] = "tiny",
                ["ram"] = 96,
                ["vcpus"] = 1,
            }
        );
        var before = host.Objects();

        (await host.CheckAsync(host.Options with { Image = "cirros", Flavor = "tiny" }, Ct)).ShouldBeTrue(string.Join('\n', host.Steps));

        host.Ends.ShouldContain("address Skipped");
        host.Ends.ShouldContain("metadata Skipped");
        host.Objects().ShouldBe(before);
        host.Cloud.Changes.ShouldNotContain(static c => c.Contains("/images", StringComparison.Ordinal));

        host.Steps.Clear();
        (await host.CheckAsync(host.Options with { Image = "absent" }, Ct)).ShouldBeFalse();
        host.Failure.ShouldContain("the cloud has no image \"absent\"");
    }

    [Fact]
    public async Task Two_checks_at_once_from_a_host_are_refused()
    {
        await using var host = new CheckHost();
        CloudletException? refused = null;
        host.OnStep = s => refused ??= Should.Throw<CloudletException>(() => host.CheckAsync(ct: Ct).GetAwaiter().GetResult());

        (await host.CheckAsync(ct: Ct)).ShouldBeTrue();

        refused!.Kind.ShouldBe(ErrorKind.Busy);
    }
}
