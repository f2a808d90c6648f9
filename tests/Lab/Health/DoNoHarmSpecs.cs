using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Health;

/// <summary>Decisions of an operator are kept, and a host that cannot be healed costs a bounded number of attempts.</summary>
[Collection(nameof(HealthLab))]
public sealed class DoNoHarmSpecs(HealthConverge site)
{
    private readonly HealedHost _host = new(site);

    [Fact]
    public async Task A_disabled_unit_stays_disabled_with_an_alarm()
    {
        await _host.BeginAsync();
        await site.ShellAsync("systemctl disable --now cloudlet-beacon");

        await _host.AlarmAsync($"operator-disabled unit:{HealedHost.Service}");

        (await _host.StateOfAsync($"unit:{HealedHost.Service}")).ShouldBe("left-alone");
        (await site.Host.ExecAsync("systemctl", "is-active", HealedHost.Service)).Output.ShouldBe("inactive\n");
        await site.ShellAsync("systemctl enable cloudlet-beacon");
        await _host.HealedAsync();
        await _host.NoAlarmAsync($"operator-disabled unit:{HealedHost.Service}");
    }

    [Fact]
    public async Task A_masked_unit_stays_masked_with_an_alarm()
    {
        await _host.BeginAsync();
        await site.ShellAsync(
            "systemctl mask --runtime --now cloudlet-beacon || { mv /etc/systemd/system/cloudlet-beacon.service /root/; systemctl "
                + "mask --now cloudlet-beacon; }"
        );

        await LabHostFixture.EventuallyAsync(
            async () => (await _host.AlarmsAsync()).Count > 0 || await _host.IsAsDescribedAsync(),
            "an alarm, or the mask is gone"
        );

        await site.ShellAsync("systemctl unmask --runtime cloudlet-beacon; systemctl unmask cloudlet-beacon; systemctl daemon-reload");
        await _host.HealedAsync();
    }

    [Fact]
    public async Task A_mount_over_a_folder_is_named_and_neither_unmounted_nor_written_to()
    {
        await _host.BeginAsync();

        // A ready daemon has observed everything since the last apply, so it knows the mounts of the files.
        await site.ShellAsync("systemctl restart cloudlet-healthd");
        await site.ShellAsync(
            "mount -t tmpfs -o mode=0700 theirs /etc/cloudlet; ip link set cloudlet0 mtu 1300; systemctl restart cloudlet-healthd"
        );

        // The folder itself is described too; the files in it wait for it.
        await _host.AlarmAsync("obstructed file:/etc/cloudlet");

        var alarm = (await _host.StatusAsync())!
            .Value.GetProperty("alarms")
            .EnumerateArray()
            .First(a => a.GetProperty("subject").GetString() == "file:/etc/cloudlet");
        alarm.GetProperty("message").GetString()!.ShouldContain("theirs (tmpfs) is mounted at /etc/cloudlet");
        (await site.ShellAsync("ls -A /etc/cloudlet; stat -c %a /etc/cloudlet")).ShouldBe("700");
        (await site.Host.ExecAsync("systemctl", "is-active", HealedHost.Service)).Output.ShouldBe("active\n");

        await site.ShellAsync("umount /etc/cloudlet");
        await _host.HealedAsync(minutes: 2);
        await _host.NoAlarmAsync("obstructed file:/etc/cloudlet");
    }

    [Fact]
    public async Task A_service_is_restarted_for_a_described_environment_file_and_not_for_another()
    {
        await _host.BeginAsync();
        await site.ShellAsync("echo B=1 >/etc/default/theirs");
        await site.ConvergeAsync(Reads(1));
        try
        {
            await LabHostFixture.EventuallyAsync(
                async () => await _host.StateOfAsync("unit:reads.service") == "ok",
                "the daemon has observed the service"
            );
            var changed = Reads(2);
            (await site.RunAsync("apply", changed)).ShouldExitWith(0);
            (await site.ShellAsync("cat /run/reads")).ShouldBe("2 1");

            await site.ShellAsync("echo A=3 >/etc/default/described; systemctl restart reads; sleep 1");
            await LabHostFixture.EventuallyAsync(
                async () => await site.ShellAsync("cat /run/reads") == "2 1",
                "the file is as described, and the service runs with it"
            );

            await site.ShellAsync("echo B=2 >/etc/default/theirs");
            await LabHostFixture.EventuallyAsync(
                async () => await _host.StateOfAsync("unit:reads.service") == "deferred",
                "the daemon reports the other file"
            );
            (await site.ShellAsync("cat /run/reads")).ShouldBe("2 1");
            (await site.RunAsync("apply", changed)).ShouldExitWith(0);
            (await site.ShellAsync("cat /run/reads")).ShouldBe("2 2");
        }
        finally
        {
            await site.ConvergeAsync();
            await site.ShellAsync("rm -f /etc/default/theirs /run/reads");
        }

        string Reads(int value) =>
            site.Write(
                $"""
                files:
                  /etc/default/described: {"{"}content: "A={value}\n"{"}"}
                units:
                  reads.service:
                    running: true
                    content: |
                      [Service]
                      EnvironmentFile=/etc/default/described
                      EnvironmentFile=-/etc/default/theirs
                      ExecStart=/bin/sh -c 'echo "$$A $$B" >/run/reads; exec sleep 100000'
                """
            );
    }

    [Fact]
    public async Task A_held_host_is_observed_and_left_alone_until_it_is_released()
    {
        await _host.BeginAsync();
        (await site.RunWithAsync("hold", ["--for", "10m", "--reason", "a new switch", "--owner", "anna"])).ShouldExitWith(0);
        (await site.RunWithAsync("hold", ["--for", "10m", "--reason", "mine", "--owner", "bert"])).ShouldExitWith(1);
        await site.ShellAsync("ip link delete cloudlet0");

        await LabHostFixture.EventuallyAsync(async () => await _host.StateOfAsync("link:cloudlet0") == "held", "the link counts as held");
        (await site.Host.ExecAsync("ip", "link", "show", "cloudlet0")).ExitCode.ShouldNotBe(0);

        (await site.RunWithAsync("release", ["--owner", "anna"])).ShouldExitWith(0);
        await _host.HealedAsync();
    }

    [Fact]
    public async Task With_another_host_name_links_are_healed_and_no_unit_is_touched()
    {
        await _host.BeginAsync();
        await site.ShellAsync("hostname somebody-else; systemctl stop cloudlet-beacon; ip link delete cloudlet0");

        await _host.AlarmAsync($"host-name-changed unit:{HealedHost.Service}");
        await LabHostFixture.EventuallyAsync(async () => await _host.StateOfAsync("link:cloudlet0") == "ok", "the link is healed");
        (await site.Host.ExecAsync("systemctl", "is-active", HealedHost.Service)).Output.ShouldBe("inactive\n");

        await site.ShellAsync("hostname edge-1");
        await _host.HealedAsync();
        await _host.NoAlarmAsync($"host-name-changed unit:{HealedHost.Service}");
    }

    [Fact]
    public async Task A_service_that_keeps_crashing_is_given_up_with_one_alarm()
    {
        await _host.BeginAsync();
        var crashing = site.Write(
            """
            units:
              crash.service:
                running: true
                content: |
                  [Service]
                  ExecStart=/bin/sh -c 'test -e /run/works && exec sleep 1000; exit 1'
            """
        );
        await site.ShellAsync("touch /run/works");
        (await site.RunAsync("apply", crashing)).ShouldExitWith(0);
        await site.ShellAsync("rm /run/works; systemctl kill -s KILL crash");

        await _host.AlarmAsync("gave-up unit:crash.service");
        var starts = await StartsAsync();
        starts.ShouldBeLessThanOrEqualTo(8);
        await Task.Delay(TimeSpan.FromSeconds(3));
        (await StartsAsync()).ShouldBe(starts);

        await site.ShellAsync("touch /run/works; systemctl start crash");
        await _host.NoAlarmAsync("gave-up unit:crash.service");
        (await site.RunAsync("apply")).ShouldExitWith(0);
        await site.ShellAsync("rm /run/works");
    }

    private async Task<int> StartsAsync() =>
        int.Parse(await site.ShellAsync("journalctl -q -b -u crash -o cat | grep -c '^Started' || true"));
}
