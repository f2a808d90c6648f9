using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Tests.Packaging;

/// <summary>
/// The life of the packages on a host with nothing but Debian: installed from a signed repository, used to describe the host itself,
/// upgraded while its health daemon runs, removed and purged. One test, because each step needs the one before.
/// </summary>
public sealed class InstalledPackageSpecs(NetworkdHost host, PackageBuild build) : IClassFixture<NetworkdHost>, IClassFixture<PackageBuild>
{
    private const string Daemon = "cloudlet-healthd.service";
    private const string Newer = "99.0.0";

    private const string Site = """
        site: packaged
        hosts:
          edge-1:
            reach: local
            boot: networkd
            links:
              packaged0:
                kind: bridge
                addresses: [10.83.0.1/24]
            files:
              /etc/packaged:
                content: |
                  as described
            health: {}
        """;

    private const string Source = """
        Types: deb
        URIs: file:/srv/apt
        Suites: stable
        Components: main
        Signed-By: /etc/apt/keyrings/cloudlet.gpg
        """;

    [Fact]
    public async Task A_host_installs_describes_itself_upgrades_removes_and_purges()
    {
        PackageBuild.Require(("scp", "openssh-client"));
        await host.UpAsync();

        await PublishAsync("1.0.0", Path.Combine(CloudletProgram.Repository, "artifacts"));
        await host.WriteFileAsync("/etc/apt/sources.list.d/cloudlet.sources", Source);
        await ChangedListsAreRefusedAsync();
        await ShellAsync("apt-get install -q -y --no-install-recommends cloudlet cloudlet-pulumi");
        var version = (await CloudletProgram.RunAsync("--version")).Output.Trim();
        (await ShellAsync("cloudlet --version")).ShouldBe(version);
        (await ShellAsync("pulumi-resource-cloudlet --version")).ShouldNotBeEmpty();
        await ShellAsync("cd /usr/share && ls man/man1/cloudlet-apply.1.gz bash-completion/completions/cloudlet doc/cloudlet/copyright");

        await host.WriteFileAsync("/root/site.yaml", Site);
        await CloudletAsync("apply", 0);
        await host.RebootAsync();
        await CloudletAsync("verify", 0);
        await HealsAsync();

        await UpgradesUnderARunningDaemonAsync();
        await IsNotRemovedWhileAChangeWaitsForItsConfirmationAsync();
        await StaysDescribedWithoutThePackageAsync();
    }

    /// <summary>The signature protects what apt installs.</summary>
    private async Task ChangedListsAreRefusedAsync()
    {
        await ShellAsync("cp -a /srv/apt/dists /srv/kept; for list in /srv/apt/dists/stable/main/*/Packages*; do echo >>$list; done");
        (await host.ExecAsync("sh", "-c", Update)).ExitCode.ShouldNotBe(0);
        await ShellAsync("rm -r /srv/apt/dists; mv /srv/kept /srv/apt/dists; " + Update);
    }

    private async Task UpgradesUnderARunningDaemonAsync()
    {
        var daemon = await DaemonAsync();
        await PublishAsync(Newer, build.OtherPrograms());
        await ShellAsync($"{Update}; apt-get -q -y upgrade");

        (await ShellAsync("dpkg-query -W cloudlet cloudlet-pulumi")).Split('\n').ShouldAllBe(static l => l.EndsWith(Newer));
        (await DaemonAsync()).ShouldBe(daemon);
        await HealsAsync();
        var verify = await CloudletAsync("verify", 2);
        verify.Drift.ShouldContain(static d => d.StartsWith("program:/usr/local/lib/cloudlet/cloudlet"));
        verify.Drift.ShouldAllBe(static d => d.StartsWith("program:") || d.StartsWith($"unit:{Daemon}"));

        await CloudletAsync("apply", 0);
        await ShellAsync("cmp /usr/bin/cloudlet /usr/local/lib/cloudlet/cloudlet");
        (await DaemonAsync()).ShouldNotBe(daemon);
        await HealsAsync();
    }

    /// <summary>The program is what would roll the change back.</summary>
    private async Task IsNotRemovedWhileAChangeWaitsForItsConfirmationAsync()
    {
        await host.WriteFileAsync("/root/site.yaml", Site.Replace("as described", "also described", StringComparison.Ordinal));
        await ShellAsync("cloudlet apply /root/site.yaml --confirm 10m");

        var refused = await host.ExecAsync("sh", "-c", "apt-get -q -y remove cloudlet 2>&1");
        refused.ExitCode.ShouldNotBe(0);
        refused.Output.ShouldContain("a change waits for its confirmation");
        await ShellAsync("cloudlet confirm");
    }

    private async Task StaysDescribedWithoutThePackageAsync()
    {
        var daemon = await DaemonAsync();
        (await ShellAsync("apt-get -q -y remove cloudlet")).ShouldContain($"{Daemon} stays");
        await ShellAsync("test ! -e /usr/bin/cloudlet");
        await HealsAsync();

        (await ShellAsync("apt-get -q -y purge cloudlet cloudlet-pulumi")).ShouldContain("/var/lib/cloudlet stays");
        await ShellAsync("test -s /var/lib/cloudlet/applied.json; test ! -e /usr/share/doc/cloudlet");
        (await DaemonAsync()).ShouldBe(daemon);
        await HealsAsync();
    }

    /// <summary>Process of the daemon, which must run.</summary>
    private async Task<string> DaemonAsync()
    {
        (await ShellAsync($"systemctl is-active {Daemon}")).ShouldBe("active");
        return await ShellAsync($"systemctl show -P MainPID {Daemon}");
    }

    private async Task HealsAsync()
    {
        await ShellAsync("ip link delete packaged0; echo changed >/etc/packaged");
        await LabHostFixture.EventuallyAsync(
            async () =>
                (await host.ExecAsync("sh", "-ec", "grep -q described /etc/packaged; ip address show packaged0 | grep -q 10.83")).ExitCode
                == 0,
            "the daemon has restored the link and the file"
        );
    }

    private async Task<ProgramRun> CloudletAsync(string verb, int status)
    {
        var run = await host.ExecAsync("cloudlet", verb, "/root/site.yaml", "--json");
        return new ProgramRun(run.ExitCode, run.Output, run.Error).ShouldExitWith(status);
    }

    /// <summary>Adds a version to the repository and copies all of it to the host.</summary>
    private async Task PublishAsync(string version, string from)
    {
        var repository = await build.AddToRepositoryAsync(version, from);
        await ShellAsync("rm -rf /srv/apt; mkdir -p /etc/apt/keyrings");
        string[] copy = ["-q", "-r", "-F", host.Store.SshConfigPath, repository, $"root@{host.Name}:/srv/apt"];
        var result = await new HostProcesses().RunAsync(Scp, copy, TimeSpan.FromMinutes(1), CancellationToken.None);
        result.ExitCode.ShouldBe(0, result.Error);
        await ShellAsync("cp /srv/apt/cloudlet-archive-keyring.gpg /etc/apt/keyrings/cloudlet.gpg");
    }

    private Task<string> ShellAsync(string script) => host.OutputOfAsync("sh", "-ec", $"export DEBIAN_FRONTEND=noninteractive; {script}");

    private static HelperProgram Scp { get; } = new("scp", "openssh-client", "copy packages to a lab host");

    /// <summary>Reads only this source: a lab host has no network.</summary>
    private const string Update =
        "apt-get -q update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/cloudlet.sources -o Dir::Etc::sourceparts=- "
        + "-o APT::Get::List-Cleanup=0";
}
