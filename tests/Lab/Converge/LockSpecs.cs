using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>Two runs never work on one host at the same time.</summary>
[Collection(nameof(NetworkdLab))]
public sealed class LockSpecs(NetworkdConverge site)
{
    private const string Slow = """
        units:
          slow-start.service:
            running: true
            content: |
              [Service]
              Type=oneshot
              RemainAfterExit=yes
              ExecStart=/bin/sh -c 'until [ -e /run/go-on ]; do sleep 0.1; done'
              TimeoutStartSec=infinity
        """;

    [Fact]
    public async Task A_second_apply_reports_the_lock_holder_without_disturbing_the_first()
    {
        await site.ConvergeAsync();
        var slow = site.Write(Slow);
        var first = site.RunAsync("apply", slow);
        await WaitingAsync();
        var holder = await site.ShellAsync("pgrep -f 'cloudlet agent$'");

        var second = await site.RunAsync("apply");

        second.ShouldExitWith(1).Named("refused").ShouldHaveSingleItem().GetProperty("message").GetString()!.ShouldContain(holder);
        await site.ShellAsync("touch /run/go-on");
        (await first).ShouldExitWith(0);
        (await site.RunAsync("verify", slow)).ShouldExitWith(0);
        await TidyAsync();
    }

    [Fact]
    public async Task A_killed_holder_releases_the_lock()
    {
        await site.ConvergeAsync();
        var slow = site.Write(Slow);
        var first = site.RunAsync("apply", slow);
        await WaitingAsync();

        await site.ShellAsync("kill -KILL $(pgrep -f 'cloudlet agent$')");
        (await first).ShouldExitWith(1);
        await site.ShellAsync("touch /run/go-on");

        (await site.RunAsync("apply", slow)).ShouldExitWith(0);
        (await site.RunAsync("verify", slow)).ShouldExitWith(0);
        await TidyAsync();
    }

    private Task WaitingAsync() =>
        LabHostFixture.EventuallyAsync(
            async () => (await site.Host.ExecAsync("systemctl", "is-active", "slow-start")).Output == "activating\n",
            "the slow service is starting"
        );

    private async Task TidyAsync()
    {
        (await site.RunAsync("apply")).ShouldExitWith(0);
        await site.ShellAsync("rm /run/go-on");
        (await site.Host.ExecAsync("systemctl", "is-active", "slow-start")).Output.ShouldBe("inactive\n");
    }
}
