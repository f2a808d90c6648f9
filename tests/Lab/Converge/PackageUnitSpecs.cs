namespace Cloudlet.Lab.Tests.Converge;

/// <summary>A package with a daemon that its scripts start, with real dpkg and systemd.</summary>
[Collection(nameof(NetworkdLab))]
public sealed class PackageUnitSpecs(NetworkdConverge site)
{
    private const string Mask = "/etc/systemd/system/lab-daemon.service";

    /// <summary>Configuration at each start of the daemon; before one, 0 when systemd has not started it in this boot.</summary>
    private const string Starts =
        "cat /var/lib/lab-daemon.starts 2>/dev/null || systemctl show -P ActiveEnterTimestampMonotonic lab-daemon.service";

    /// <summary>
    /// A daemon that records each start with its configuration and listens on port 4999. Its scripts are those that debhelper generates for
    /// a unit, after a command of the test.
    /// </summary>
    private const string Daemon = """
        cd lab-daemon
        mkdir -p etc usr/sbin lib/systemd/system
        echo package > etc/lab-daemon.conf
        echo /etc/lab-daemon.conf > DEBIAN/conffiles
        cat > usr/sbin/lab-daemon <<'END'
        #!/usr/bin/perl
        use IO::Socket::INET;
        my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 4999, Listen => 1, ReuseAddr => 1) or die;
        open(my $read, '<', '/etc/lab-daemon.conf') or die;
        open(my $starts, '>>', '/var/lib/lab-daemon.starts') or die;
        print {$starts} <$read>;
        close($starts);
        sleep;
        END
        printf '[Service]\nExecStart=/usr/sbin/lab-daemon\n[Install]\nWantedBy=multi-user.target\n' > lib/systemd/system/lab-daemon.service
        cat > DEBIAN/postinst <<'END'
        #!/bin/sh
        set -e
        if [ -e /run/lab-kill ]; then sh /run/lab-kill $$; fi
        deb-systemd-helper unmask lab-daemon.service >/dev/null || true
        if deb-systemd-helper --quiet was-enabled lab-daemon.service; then
          deb-systemd-helper enable lab-daemon.service >/dev/null || true
        else
          deb-systemd-helper update-state lab-daemon.service >/dev/null || true
        fi
        if [ -d /run/systemd/system ]; then
          systemctl --system daemon-reload >/dev/null || true
          deb-systemd-invoke start lab-daemon.service >/dev/null || true
        fi
        END
        chmod 755 usr/sbin/lab-daemon DEBIAN/postinst
        cd ..
        """;

    /// <summary>Kills the program that runs apt-get, and no other: it looks for it among the parents of the script.</summary>
    private const string Kill = """
        process=$1
        while [ "$(cat /proc/$process/comm)" != apt-get ]; do process=$(awk '/^PPid:/ {print $2}' /proc/$process/status); done
        kill -9 $(awk '/^PPid:/ {print $2}' /proc/$process/status)
        """;

    /// <summary>What Debian remembers of a unit that was enabled; the scripts of a real package remove it at a purge.</summary>
    private const string EnabledBefore =
        "/var/lib/systemd/deb-systemd-helper-enabled/lab-daemon.service.dsh-also "
        + "/var/lib/systemd/deb-systemd-helper-enabled/*/lab-daemon.service";

    private readonly MadePackages _made = new(site);

    [Fact]
    public Task A_daemon_never_listens_before_its_unit_is_applied() =>
        WithDaemonAsync(async () =>
        {
            var described = Described("{enabled: true, running: true, loads: [/etc/lab-daemon.conf]}");

            (await site.RunAsync("apply", described)).ShouldExitWith(0);

            await ShouldHaveStartedOnceAsync("described");
            await ShouldListenAsync();
            (await PlannedAsync(described)).ShouldBe(0);
        });

    [Fact]
    public Task A_script_that_enables_its_masked_unit_itself_does_not_fail() =>
        WithDaemonAsync(async () =>
        {
            await _made.MakeAsync(
                "lab-daemon",
                "1.1",
                Daemon.Replace("  deb-systemd-invoke", "  systemctl enable lab-daemon\n  deb-systemd-invoke")
            );
            await _made.PublishAsync();
            var described = Described("{enabled: true, running: true, loads: [/etc/lab-daemon.conf]}");

            (await site.RunAsync("apply", described)).ShouldExitWith(0);

            await ShouldHaveStartedOnceAsync("described");
            (await site.ShellAsync("systemctl is-enabled lab-daemon.service")).ShouldBe("enabled");
        });

    [Fact]
    public Task A_daemon_that_shall_not_run_never_runs_not_even_with_the_next_version_of_its_package() =>
        WithDaemonAsync(async () =>
        {
            var described = Described("{enabled: false, running: false}");

            (await site.RunAsync("apply", described)).ShouldExitWith(0);

            (await site.ShellAsync(Starts)).ShouldBe("0");
            (await site.ShellAsync("systemctl is-enabled lab-daemon.service || true")).ShouldBe("disabled");
            (await PlannedAsync(described)).ShouldBe(0);

            await _made.MakeAsync("lab-daemon", "2.0", Daemon);
            await site.ShellAsync("dpkg -i /srv/lab-made/lab-daemon_2.0.deb");
            (await PlannedAsync(described)).ShouldBe(0, "the next version of the package leaves the unit disabled");
            (await site.ShellAsync(Starts)).ShouldBe("0");
        });

    [Fact]
    public Task Without_a_description_the_package_decides() =>
        WithDaemonAsync(async () =>
        {
            (await site.RunAsync("apply", site.Write("packages: {lab-daemon: }"))).ShouldExitWith(0);

            await ShouldHaveStartedOnceAsync("package");
            (await site.ShellAsync("systemctl is-enabled lab-daemon.service")).ShouldBe("enabled");
        });

    [Fact]
    public Task A_file_before_the_packages_is_there_when_their_scripts_run() =>
        WithDaemonAsync(async () =>
        {
            var early = site.Write("packages: {lab-daemon: }\nfiles: {/etc/lab-daemon.conf: {content: \"early\\n\", early: true}}");

            (await site.RunAsync("apply", early)).ShouldExitWith(0);

            await ShouldHaveStartedOnceAsync("early");
            (await PlannedAsync(early)).ShouldBe(0);
        });

    /// <summary>The apply is killed inside the package's script, and then the host loses its power.</summary>
    [Fact]
    public Task A_kill_and_a_power_failure_between_package_and_unit_start_nothing_and_the_next_apply_finishes() =>
        WithDaemonAsync(async () =>
        {
            var described = Described("{running: true, loads: [/etc/lab-daemon.conf]}");
            await site.ShellAsync($"cat > /run/lab-kill <<'END'\n{Kill}\nEND");

            (await site.RunAsync("apply", described)).ExitCode.ShouldNotBe(0);

            await LabHosts.LabHostFixture.EventuallyAsync(
                async () => (await site.Host.ExecAsync("pgrep", "-x", "apt-get")).ExitCode == 1,
                "apt-get has ended"
            );
            (await site.ShellAsync("systemctl is-enabled lab-daemon.service || true")).ShouldBe("masked");
            await site.Host.PowerCutAsync();
            (await site.ShellAsync(Starts)).ShouldBe("0");
            (await site.ShellAsync($"readlink {Mask}")).ShouldNotBe("/dev/null");

            (await site.RunAsync("apply", described)).ShouldExitWith(0);

            await ShouldHaveStartedOnceAsync("described");
            await ShouldListenAsync();
            (await site.ShellAsync("systemctl is-enabled lab-daemon.service")).ShouldBe("enabled");
            (await PlannedAsync(described)).ShouldBe(0);
        });

    private async Task WithDaemonAsync(Func<Task> test)
    {
        await site.ConvergeAsync();
        await _made.MakeAsync("lab-daemon", "1.0", Daemon);
        await _made.PublishAsync();
        try
        {
            await test();
        }
        finally
        {
            await site.ShellAsync("systemctl disable -q --now lab-daemon.service 2>/dev/null || true; rm -f /run/lab-kill");
            await _made.CleanAsync("lab-daemon", $"/etc/lab-daemon.conf* /var/lib/lab-daemon.starts {EnabledBefore}");
        }
    }

    private string Described(string unit) =>
        site.Write(
            $$"""
            packages: {lab-daemon: }
            files:
              /etc/lab-daemon.conf: {content: "described\n"}
            units:
              lab-daemon.service: {{unit}}
            """
        );

    private async Task ShouldHaveStartedOnceAsync(string configuration)
    {
        await LabHosts.LabHostFixture.EventuallyAsync(
            async () => (await site.Host.ExecAsync("test", "-s", "/var/lib/lab-daemon.starts")).ExitCode == 0,
            "the daemon has started"
        );
        (await site.ShellAsync(Starts)).ShouldBe(configuration);
    }

    /// <summary>Port 4999 (0x1387) in state listen (0A).</summary>
    private async Task ShouldListenAsync() =>
        (await site.ShellAsync("grep -c '0100007F:1387 00000000:0000 0A' /proc/net/tcp || true")).ShouldBe("1");

    private async Task<int> PlannedAsync(string described) =>
        (await site.RunAsync("plan", described)).ShouldExitWith(0).Named("planned").Single().GetProperty("changes").GetArrayLength();
}
