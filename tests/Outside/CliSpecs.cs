using System.Diagnostics;

namespace Cloudlet.Outside.Tests;

/// <summary>
/// The published provider under the real CLI, in situations that the stubs do not cover: several hosts of which one fails, several
/// descriptions of one machine, hosts that exist already.
/// </summary>
public sealed class CliSpecs(PulumiCli cli) : IClassFixture<PulumiCli>
{
    [Fact]
    public async Task A_host_that_cannot_be_observed_does_not_stop_the_others()
    {
        using var hosts = new Namespaces();
        var stack = await cli.NewStackAsync("ill");
        var (well, gone) = (hosts.Add("well"), hosts.Add("gone"));
        stack.Declare($"{Host("well", well)}\n{Host("gone", gone)}");
        await stack.RunAsync(0, "up", "--yes");
        Namespaces.Delete(gone);
        stack.Declare($"{Host("well", well, mtu: 1300)}\n{Host("gone", gone)}");

        var preview = await stack.RunAsync(0, "preview");
        await stack.RunAsync(null, "up", "--yes", "--continue-on-error");
        var refresh = await stack.RunAsync(0, "refresh", "--yes");

        preview.ShouldContain("No such file or directory");
        refresh.ShouldContain("No such file or directory");
        Namespaces.Mtu(well).ShouldBe(1300);
        (await stack.StateAsync())["gone"]["outputs"]!["health"]!["state"]!.GetValue<string>().ShouldBe("unknown");
        await stack.RunAsync(0, "destroy", "--yes");
        Namespaces.Mtu(well).ShouldBeNull();
    }

    [Fact]
    public async Task Two_resources_for_one_machine_are_refused_before_any_change()
    {
        using var hosts = new Namespaces();
        var stack = await cli.NewStackAsync("twice");
        var machine = hosts.Add("one");
        File.CreateSymbolicLink($"/run/netns/{machine}-too", $"/run/netns/{machine}");
        try
        {
            stack.Declare($"{Host("first", machine)}\n{Host("second", $"{machine}-too", mtu: 1300)}");

            (await stack.RunAsync(null, "up", "--yes")).ShouldContain("are the same machine");

            Namespaces.Mtu(machine).ShouldBeNull();
        }
        finally
        {
            File.Delete($"/run/netns/{machine}-too");
        }
    }

    [Fact]
    public async Task A_host_changes_hands_between_stacks_and_site_files_only_on_request()
    {
        using var hosts = new Namespaces();
        var machine = hosts.Add("one");
        var (first, second) = (await cli.NewStackAsync("first"), await cli.NewStackAsync("second"));
        first.Declare(Host("edge", machine));
        await first.RunAsync(0, "up", "--yes");
        second.Declare(Host("mine", machine, mtu: 1300));
        (await second.RunAsync(null, "up", "--yes")).ShouldContain("Pulumi stack first/dev");
        (Apply(machine, "--json")).ShouldContain("\"kind\":\"OwnedByOther\"");
        Namespaces.Mtu(machine).ShouldBe(1400);

        second.Declare(Host("mine", machine, mtu: 1300, more: ", takeOver: true"));
        await second.RunAsync(0, "up", "--yes");
        Namespaces.Mtu(machine).ShouldBe(1300);

        // From now on the first stack reports that, changes nothing, and leaves the host alone when it is destroyed.
        first.Declare(Host("edge", machine, mtu: 1200));
        (await first.RunAsync(null, "up", "--yes")).ShouldContain("Pulumi stack second/dev");
        (await first.RunAsync(0, "destroy", "--yes")).ShouldContain("left as it is");
        Namespaces.Mtu(machine).ShouldBe(1300);
        Apply(machine, "--take-over").ShouldContain("verified as described");
    }

    [Fact]
    public async Task A_renamed_resource_keeps_its_host_only_with_an_alias()
    {
        using var hosts = new Namespaces();
        var stack = await cli.NewStackAsync("renamed");
        var machine = hosts.Add("one");
        stack.Declare(Host("old", machine));
        await stack.RunAsync(0, "up", "--yes");
        stack.Declare(Host("new", machine, mtu: 1300));
        (await stack.RunAsync(null, "up", "--yes")).ShouldContain("alias");
        Namespaces.Mtu(machine).ShouldBe(1400);

        stack.Declare(
            $"{Host("new", machine, mtu: 1300)}\n  options: {{aliases: [\"urn:pulumi:dev::renamed::cloudlet:index:Host::old\"]}}"
        );
        await stack.RunAsync(0, "up", "--yes");

        Namespaces.Mtu(machine).ShouldBe(1300);
        await stack.RunAsync(0, "destroy", "--yes");
        Namespaces.Mtu(machine).ShouldBeNull();
    }

    [Fact]
    public async Task An_existing_host_is_declared_or_imported_below_its_parent_with_correct_generated_code()
    {
        using var hosts = new Namespaces();
        var stack = await cli.NewStackAsync("taken");
        var (site, edge) = (hosts.Add("site"), hosts.Add("edge"));
        stack.Declare(Host("site", site));
        await stack.RunAsync(0, "up", "--yes");
        var parent = (await stack.StateAsync())["site"]["urn"]!.GetValue<string>();

        var imported = await stack.RunAsync(
            0,
            "import",
            "cloudlet:index:Host",
            "edge-1",
            $"netns://{edge}",
            "--parent",
            $"site={parent}",
            "--yes",
            "--protect=false"
        );

        imported.ShouldContain("parent: ${site}");
        (await stack.StateAsync())["edge-1"]["outputs"]!["health"]!["state"]!.GetValue<string>().ShouldBe("undescribed");
        stack.Declare($"{Host("site", site)}\n{Host("edge-1", edge)}\n  options: {{parent: \"${{site}}\"}}");
        (await stack.RunAsync(0, "up", "--yes", "--json")).ShouldNotContain("\"op\": \"create\"");
        Namespaces.Mtu(edge).ShouldBe(1400);
        await stack.RunAsync(0, "preview", "--expect-no-changes");
    }

    private static string Host(string name, string machine, int mtu = 1400, string more = "") =>
        $"{name}:\n  type: cloudlet:index:Host\n  properties: {{name: {name}, reach: \"netns://{machine}\", links: {{br0: {{kind: "
        + $"bridge, mtu: {mtu}}}}}{more}}}";

    private static string Apply(string machine, params IReadOnlyList<string> more)
    {
        var site = Path.GetTempFileName();
        try
        {
            File.WriteAllText(
                site,
                $"{{site: cli, hosts: {{edge: {{reach: \"netns://{machine}\", links: {{br0: {{kind: bridge, mtu: 1100}}}}}}}}}}"
            );
            using var apply = Process.Start(
                new ProcessStartInfo(PulumiCli.Cloudlet, ["apply", site, .. more])
                {
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            var error = apply.StandardError.ReadToEndAsync();
            var said = apply.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
            apply.WaitForExit();
            return said;
        }
        finally
        {
            File.Delete(site);
        }
    }
}
