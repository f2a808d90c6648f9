using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>Rollback: automatic without a confirmation, and on request.</summary>
public abstract class ConfirmSpecs(ConvergeHost site)
{
    /// <summary>Removes the management address, and with it every ssh connection.</summary>
    private const string CutOff = """
        links:
          host0:
            kind: existing
            up: false
        """;

    /// <summary>A unit that starts too slowly for any test, so that a run can be killed in the middle.</summary>
    private const string NeverReady = """
        files:
          /etc/motd:
            content: half way
        links:
          half0:
            kind: bridge
        units:
          never-ready.service:
            running: true
            after: [link:half0, file:/etc/motd]
            content: |
              [Service]
              Type=oneshot
              ExecStart=/bin/sleep 600
              TimeoutStartSec=infinity
        """;

    [Fact]
    public async Task A_change_that_cuts_the_connection_is_undone_by_the_host_itself()
    {
        await site.ConvergeAsync();

        await site.RunWithAsync("apply", ["--confirm", "10s"], site.Write(CutOff));

        await GoneBackAsync();
    }

    [Fact]
    public async Task A_run_that_is_killed_midway_is_undone_by_the_host_itself()
    {
        await site.ConvergeAsync();
        var apply = site.RunWithAsync("apply", ["--confirm", "10s"], site.Write(NeverReady));
        await LabHostFixture.EventuallyAsync(
            async () => (await site.Host.ExecAsync("pgrep", "-f", "sleep 600")).ExitCode == 0,
            "the service is starting"
        );
        (await site.ShellAsync("ip -brief link show half0; cat /etc/motd")).ShouldContain("half way");

        await site.ShellAsync("kill -KILL $(pgrep -f 'cloudlet agent$')");

        (await apply).ShouldExitWith(1);
        await GoneBackAsync();
        (await site.Host.ExecAsync("ip", "link", "show", "half0")).ExitCode.ShouldNotBe(0);
        (await site.Host.ExecAsync("systemctl", "is-active", "never-ready")).Output.ShouldBeOneOf("inactive\n", "failed\n");
    }

    [Fact]
    public async Task A_confirmed_change_stays()
    {
        await site.ConvergeAsync();
        var change = site.Write("files: {/etc/motd: {content: confirmed}}");

        (await site.RunWithAsync("apply", ["--confirm", "20s"], change)).ShouldExitWith(0).Result.ShouldBe("awaiting-confirmation");
        (await site.RunAsync("apply", change))
            .ShouldExitWith(1)
            .Named("refused")
            .ShouldHaveSingleItem()
            .GetProperty("message")
            .GetString()!
            .ShouldContain("confirm");
        (await site.RunAsync("confirm", change)).ShouldExitWith(0);

        (
            await site.Host.ExecAsync(
                "sh",
                "-c",
                "systemctl list-timers --all | grep cloudlet-guard; ls /etc/systemd/system | grep cloudlet-guard"
            )
        ).Output.ShouldBeEmpty();
        (await site.RunAsync("verify", change)).ShouldExitWith(0);
        (await StatusAsync()).ShouldBe("kept");
    }

    [Fact]
    public async Task Rollback_restores_files_links_and_units()
    {
        await site.ConvergeAsync();
        var change = site.Write(
            """
            files: {/etc/motd: {content: changed, mode: "0600"}, /etc/cloudlet/current.conf: ~}
            links:
              cloudlet0: {mtu: 1300}
              extra1: {kind: bridge}
            units:
              cloudlet-beacon.service: {enabled: false, running: false}
            """
        );
        (await site.RunAsync("apply", change)).ShouldExitWith(0);
        (await site.RunAsync("verify")).ShouldExitWith(2);

        (await site.RunAsync("rollback")).ShouldExitWith(0).Result.ShouldBe("rolled-back");

        (await site.RunAsync("verify")).ShouldExitWith(0).Drift.ShouldBeEmpty();
        (await site.Host.ExecAsync("ip", "link", "show", "extra1")).ExitCode.ShouldNotBe(0);
        (await site.ShellAsync("systemctl is-active cloudlet-beacon; systemctl is-enabled cloudlet-beacon")).ShouldBe("active\nenabled");
    }

    private async Task GoneBackAsync()
    {
        await LabHostFixture.EventuallyAsync(
            async () => await StatusAsync() == "rolled-back",
            "the host has rolled back and answers over ssh"
        );

        // networkd answers a reload request before the reload is done.
        await LabHostFixture.EventuallyAsync(async () => (await site.RunAsync("verify")).ExitCode == 0, "the host is as described before");
        (await site.TemporaryFilesAsync()).ShouldBeEmpty();
    }

    private async Task<string?> StatusAsync()
    {
        var run = await site.RunWithAsync("status", ["--ssh-option", "ConnectTimeout=2"]);
        return run.Named("state-reported") is [var report] && report.TryGetProperty("status", out var status) ? status.GetString() : null;
    }
}

[Collection(nameof(NetworkdLab))]
public sealed class NetworkdConfirmSpecs(NetworkdConverge site) : ConfirmSpecs(site);

[Collection(nameof(IfupdownLab))]
public sealed class IfupdownConfirmSpecs(IfupdownConverge site) : ConfirmSpecs(site);
