using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.Linux;
using Cloudlet.Machine.Systemd;
using Cloudlet.Machine.Watch;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Lab.Tests.Watch;

/// <summary>Reports of a real systemd about its units, watched from outside through the system bus of a lab host.</summary>
public sealed class UnitWatchSpecs(NetworkdHost host) : IClassFixture<NetworkdHost>
{
    private const string One = "watched-one.service";
    private const string Alias = "watched-alias.service";
    private const string Two = "watched-two.service";
    private const string Absent = "watched-absent.service";

    private readonly WatchLog _log = new();

    [Theory]
    [InlineData("systemctl restart " + One, One)]
    [InlineData("systemctl restart " + One, Alias)]
    [InlineData("systemctl stop " + One, One)]
    [InlineData("systemctl kill -s KILL " + One, One)]
    [InlineData("systemctl mask --runtime " + One, One)]
    [InlineData("systemctl disable " + One, One)]
    [InlineData("systemctl start " + Two, Two)]
    [InlineData("systemctl daemon-reload", One)]
    [InlineData("systemctl daemon-reload", Absent)]
    [InlineData("systemd-run --unit=" + Absent + " sleep 1000", Absent)]
    public async Task Changes_of_a_unit_are_reported(string change, string unit)
    {
        var address = await PrepareAsync();
        using var watch = new UnitWatch(_log.Take, TimeProvider.System, address);
        watch.Watch([unit]);
        await SettleAsync(watch, unit);

        await ShellAsync(change);

        await _log.NextUnitAsync(unit);
    }

    [Fact]
    public async Task A_mount_that_appears_is_reported()
    {
        var address = await PrepareAsync();
        using var watch = new UnitWatch(_log.Take, TimeProvider.System, address);
        watch.Watch(["mnt.mount"]);
        await SettleAsync(watch, "mnt.mount");

        await ShellAsync("mount -t tmpfs watched /mnt");

        await _log.NextUnitAsync("mnt.mount");
    }

    [Theory]
    [InlineData("systemctl daemon-reexec")]
    [InlineData("systemctl restart dbus.service")]
    public async Task A_break_is_reported_and_watching_continues(string change)
    {
        var address = await PrepareAsync();
        using var watch = new UnitWatch(_log.Take, TimeProvider.System, address);
        watch.Watch([One]);
        await SettleAsync(watch, One);

        await ShellAsync(change);

        (await _log.NextAsync<EventsLost>()).Source.ShouldBe(WakeSourceNames.Units);
        await SettleAsync(watch, One);
        await ShellAsync($"systemctl restart {One}");
        await _log.NextUnitAsync(One);
    }

    [Fact]
    public async Task Observing_units_does_not_trigger_another_observation()
    {
        var address = await PrepareAsync();
        using var systemd = new SystemdBus(address);
        using var watch = new UnitWatch(_log.Take, TimeProvider.System, address);
        string[] units = [One, Alias, Two, Absent, "watched-absent.mount"];
        watch.Watch(units);
        await SettleAsync(watch, units);

        // Each query of an unused unit loads it, and systemd unloads it again.
        for (var i = 0; i < 20; i++)
            foreach (var unit in units)
                systemd.Get(unit).Name.ShouldBe(unit);

        (await SettleAsync(watch, units)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Other_units_are_not_reported()
    {
        var address = await PrepareAsync();
        using var watch = new UnitWatch(_log.Take, TimeProvider.System, address);
        watch.Watch([Two]);
        await SettleAsync(watch, Two);

        await ShellAsync($"systemctl restart {One}");

        (await SettleAsync(watch, Two)).ShouldBeEmpty();
    }

    /// <summary>
    /// Runs its own unit and waits for its end: everything that happened before has been reported by then. Returns the reports;
    /// <paramref name="units"/> stay watched.
    /// </summary>
    private async Task<List<HostEvent>> SettleAsync(UnitWatch watch, params string[] units)
    {
        var marker = $"marker-{Guid.NewGuid():N}.service";
        var kept = new List<HostEvent>();
        watch.Watch([.. units, marker]);
        await ShellAsync($"systemd-run --quiet --wait --unit={marker} true");
        await _log.NextAsync<UnitTouched>(e =>
        {
            // The end of an earlier marker may be reported in several events, the last ones after it was waited for.
            if (!e.Unit.StartsWith("marker-", StringComparison.Ordinal))
                kept.Add(e);
            return e.Unit == marker;
        });
        watch.Watch(units);
        return kept;
    }

    /// <summary>Brings the units to their initial state and returns the address of the host's bus.</summary>
    private async Task<string> PrepareAsync()
    {
        var up = await host.UpAsync();
        await ShellAsync(
            $"""
            umount /mnt || true
            systemctl unmask --runtime {One}
            systemctl stop {Absent} || true
            printf '[Service]\nExecStart=/bin/sleep 1000\n' >/etc/systemd/system/{Two}
            printf '[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\nAlias={Alias}\n' >/etc/systemd/system/{One}
            systemctl daemon-reload
            systemctl enable {One}
            systemctl reset-failed
            systemctl start {One}
            systemctl stop {Two}
            """
        );
        var supervisor = ProcessIdentity
            .Find(int.Parse(await File.ReadAllTextAsync(Path.Combine(up.Folder, "supervisor.pid"))))
            .ShouldNotBeNull();
        return $"x-machine-unix:pid={Container.Leader(supervisor).ShouldNotBeNull().Pid}";
    }

    private Task<string> ShellAsync(string script) => host.OutputOfAsync("sh", "-ec", script);
}
