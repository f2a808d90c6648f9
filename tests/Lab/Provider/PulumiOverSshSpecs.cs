using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.Outside.Tests;

namespace Cloudlet.Lab.Tests.Provider;

/// <summary>
/// Pulumi's real CLI with the published provider on a host that is reached over ssh: the tests of tests/Outside for which the connection to
/// the host makes a difference.
/// </summary>
public sealed class PulumiOverSshSpecs(NetworkdHost host, PulumiCli cli) : IClassFixture<NetworkdHost>, IClassFixture<PulumiCli>
{
    [Fact]
    public async Task A_host_with_a_full_disk_does_not_stop_the_others()
    {
        var stack = await StackAsync("full");
        using var namespaces = new Namespaces();
        var well = namespaces.Add("well");
        stack.Declare($"{Ssh("edge", Link(1400))}\n{Namespace(well, 1400)}");
        await stack.RunAsync(0, "up", "--yes");
        await host.OutputOfAsync(
            "sh",
            "-c",
            "mkdir -p /run/kept && cp -a /var/lib/cloudlet/. /run/kept/ && mount -t tmpfs -o size=64k full /var/lib/cloudlet && "
                + "(head -c 1M /dev/zero >/var/lib/cloudlet/fill || true) 2>/dev/null"
        );
        try
        {
            stack.Declare($"{Ssh("edge", Link(1300))}\n{Namespace(well, 1300)}");

            var preview = await stack.RunAsync(0, "preview");
            var up = await stack.RunAsync(null, "up", "--yes", "--continue-on-error");
            await stack.RunAsync(0, "refresh", "--yes");

            preview.ShouldContain("No space left on device");
            up.ShouldContain("No space left on device");
            Namespaces.Mtu(well).ShouldBe(1300);
            (await stack.StateAsync())["edge"]["outputs"]!["health"]!["state"]!.GetValue<string>().ShouldBe("unknown");
        }
        finally
        {
            await host.OutputOfAsync("umount", "/var/lib/cloudlet");
        }

        await stack.RunAsync(0, "up", "--yes");
        (await MtuAsync()).ShouldBe("1300");
        await EndAsync(stack);
    }

    [Fact]
    public async Task A_refused_connection_is_reported_at_once_in_a_preview_and_the_others_continue()
    {
        var stack = await StackAsync("refused");
        using var namespaces = new Namespaces();
        var well = namespaces.Add("well");
        stack.Declare($"{Ssh("edge", Link(1400))}\n{Namespace(well, 1400)}");
        await stack.RunAsync(0, "up", "--yes");
        await host.OutputOfAsync("systemctl", "stop", "ssh.socket", "ssh.service");
        try
        {
            var preview = await stack.RunAsync(0, "preview");

            preview.ShouldContain("Connection refused");
            preview.ShouldNotContain("retrying");
            await stack.RunAsync(0, "refresh", "--yes");
            (await stack.StateAsync())["edge"]["outputs"]!["health"]!["state"]!.GetValue<string>().ShouldBe("unreachable");
        }
        finally
        {
            await host.OutputOfAsync("systemctl", "start", "ssh.service");
        }

        await EndAsync(stack);
    }

    [Fact]
    public async Task A_host_changes_hands_between_a_stack_and_a_site_file_only_on_request()
    {
        var stack = await StackAsync("hands");
        stack.Declare(Ssh("edge", Link(1400)));
        await stack.RunAsync(0, "up", "--yes");

        (await ApplyAsync("--json")).Output.ShouldContain("\"kind\":\"OwnedByOther\"");
        (await MtuAsync()).ShouldBe("1400");
        (await ApplyAsync("--take-over")).ShouldExitWith(0);
        (await MtuAsync()).ShouldBe("1100");

        stack.Declare(Ssh("edge", Link(1200)));
        var refused = await stack.RunAsync(null, "up", "--yes");
        refused.ShouldContain("site \"cli\"", customMessage: refused);
        (await MtuAsync()).ShouldBe("1100");
        stack.Declare(Ssh("edge", Link(1200) + ", takeOver: true"));
        await stack.RunAsync(0, "up", "--yes");
        (await MtuAsync()).ShouldBe("1200");
        await EndAsync(stack);
    }

    [Fact]
    public async Task A_unit_that_exits_at_once_is_reported_once_with_its_output_and_a_missing_module_in_the_preview()
    {
        var stack = await StackAsync("ends");
        stack.Declare(Ssh("edge", "kernelModules: {no_such_module: {}}"));
        (await stack.RunAsync(null, "preview")).ShouldContain("no_such_module");

        stack.Declare(
            Ssh(
                "edge",
                "units: {nope.service: {running: true, content: \"[Service]\\nExecStart=/bin/sh -c 'echo the disk is on fire; exit "
                    + "3'\\n\"}}"
            )
        );
        var up = await stack.RunAsync(null, "up", "--yes");

        up.ShouldContain("the disk is on fire", customMessage: up);
        up.ShouldContain("nope.service");
        await EndAsync(stack);
    }

    [Fact]
    public async Task An_existing_host_is_imported_below_its_parent_and_only_differences_change()
    {
        var stack = await StackAsync("taken");
        using var namespaces = new Namespaces();
        stack.Declare(Namespace(namespaces.Add("site"), 1400));
        await stack.RunAsync(0, "up", "--yes");
        var parent = (await stack.StateAsync())["well"]["urn"]!.GetValue<string>();

        var imported = await stack.RunAsync(
            0,
            "import",
            "cloudlet:index:Host",
            "edge",
            $"ssh://root@{host.Name}",
            "--parent",
            $"site={parent}",
            "--yes",
            "--protect=false"
        );

        imported.ShouldContain($"ssh://root@{host.Name}");
        (await stack.StateAsync())["edge"]["outputs"]!["health"]!["state"]!.GetValue<string>().ShouldBe("undescribed");
        await EndAsync(stack);
    }

    private async Task<PulumiStack> StackAsync(string project)
    {
        _ = CloudletProgram.Path;
        var stack = await cli.NewStackAsync(project);
        await host.UpAsync();

        // Remains of a failed test must not make the next one fail.
        await host.OutputOfAsync("sh", "-c", "rm -rf /var/lib/cloudlet/*.json; ip link delete br0 2>/dev/null || true");
        await stack.RunAsync(0, "config", "set", "cloudlet:sshConfig", host.Store.SshConfigPath);
        return stack;
    }

    /// <summary>Restores the host for the next test.</summary>
    private async Task EndAsync(PulumiStack stack)
    {
        await stack.RunAsync(0, "destroy", "--yes");
        (await host.ExecAsync("ip", "link", "show", "br0")).ExitCode.ShouldNotBe(0);
    }

    private async Task<string> MtuAsync() => await host.OutputOfAsync("cat", "/sys/class/net/br0/mtu");

    private async Task<ProgramRun> ApplyAsync(params string[] more)
    {
        var site = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(
                site,
                $"{{site: cli, hosts: {{edge: {{reach: \"ssh://root@{host.Name}\", boot: networkd, {Link(1100)}}}}}}}"
            );
            return await CloudletProgram.RunAsync(["apply", site, "--ssh-config", host.Store.SshConfigPath, .. more]);
        }
        finally
        {
            File.Delete(site);
        }
    }

    private string Ssh(string name, string what) =>
        $"{name}:\n  type: cloudlet:index:Host\n  properties: {{name: {name}, reach: \"ssh://root@{host.Name}\", boot: networkd, {what}}}";

    private static string Link(int mtu) => $"links: {{br0: {{kind: bridge, mtu: {mtu}}}}}";

    private static string Namespace(string machine, int mtu) =>
        $"well:\n  type: cloudlet:index:Host\n  properties: {{name: well, reach: \"netns://{machine}\", {Link(mtu)}}}";
}
