using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Lab.Tests.Health;

/// <summary>Lost resources are restored automatically, and each heal leaves one verified record.</summary>
[Collection(nameof(HealthLab))]
public sealed class HealSpecs(HealthConverge site)
{
    private readonly HealedHost _host = new(site);

    [Theory]
    [InlineData("link:cloudlet0", "ip link delete cloudlet0")]
    [InlineData("link:cloudlet0", "ip link set cloudlet0 mtu 1400")]
    [InlineData("link:cloudlet0", "ip link set cloudlet0 address 02:00:5e:10:00:99")]
    [InlineData("link:cloudlet0", "ip address delete 10.80.0.1/24 dev cloudlet0")]
    [InlineData("link:cloudlet0", "ip address add 10.99.0.1/24 dev cloudlet0")]
    [InlineData("link:cloudlet0", "ip route delete 10.81.0.0/16")]
    [InlineData("link:cloudlet0", "ip link set cloudlet0 down; ip link set cloudlet0 name other0")]
    [InlineData("link:guest-port", "ip link delete guest-port")]
    [InlineData("link:br-cloudlet", "ip link delete br-cloudlet")]
    [InlineData("file:/etc/motd", "echo hello >/etc/motd")]
    [InlineData("file:/etc/motd", "chmod 0000 /etc/motd")]
    [InlineData("file:/etc/motd", "rm /etc/motd")]
    [InlineData("file:/etc/motd", ": >/etc/motd")]
    [InlineData("file:/etc/motd", "ln -sfn /etc/hostname /etc/motd")]
    [InlineData("file:/etc/motd", "cp -p /etc/hostname /etc/motd; touch -d 2001-01-01 /etc/motd")]
    [InlineData("file:/etc/cloudlet/current.conf", "ln -sfn /etc/hostname /etc/cloudlet/current.conf")]
    [InlineData("unit:cloudlet-beacon.service", "systemctl kill -s KILL cloudlet-beacon")]
    [InlineData("unit:cloudlet-beacon.service", "systemctl stop cloudlet-beacon")]
    public async Task Manual_changes_are_healed(string id, string byHand)
    {
        await _host.BeginAsync();
        var before = (await _host.RecordsAsync()).Count;

        await site.ShellAsync(byHand);
        await _host.HealedAsync();

        var records = (await _host.RecordsAsync()).Skip(before).ToList();
        records.ShouldContain(r => r.GetProperty("seen").EnumerateArray().Any(c => c.GetProperty("id").GetString() == id));
        // The verification may find other software still at work, such as networkd; what it finds then gets its own record.
        records[^1].GetProperty("left").GetArrayLength().ShouldBe(0);
        await site.Host.ExecAsync("ip", "link", "delete", "other0");
    }

    [Fact]
    public async Task A_rebooted_host_without_its_boot_files_is_as_described_again()
    {
        await _host.BeginAsync();
        await site.ShellAsync("rm /etc/systemd/network/05-cloudlet-*; kill -STOP $(systemctl show -P MainPID cloudlet-healthd)");

        await site.Host.PowerCutAsync();

        await _host.HealedAsync();
    }

    [Fact]
    public async Task A_killed_or_hung_daemon_is_restarted_and_continues()
    {
        await _host.BeginAsync();
        await site.ShellAsync("systemctl kill -s KILL cloudlet-healthd; ip link delete cloudlet0");
        await _host.HealedAsync();

        await site.ShellAsync("kill -STOP $(systemctl show -P MainPID cloudlet-healthd); ip link delete cloudlet0");
        await _host.HealedAsync();
    }

    [Fact]
    public async Task Its_own_folders_may_be_deleted_and_a_lost_state_is_restored()
    {
        await _host.BeginAsync();
        await site.ShellAsync(
            "rm -r /var/lib/cloudlet/health /run/cloudlet/health; rm /var/lib/cloudlet/applied.json; ip link delete cloudlet0"
        );
        await _host.HealedAsync();
        await site.ShellAsync("test -e /var/lib/cloudlet/applied.json");

        await site.ShellAsync("echo damaged >/var/lib/cloudlet/applied.json; ip link delete cloudlet0");
        await _host.HealedAsync();
        (await _host.AlarmsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_changed_description_is_maintained_from_then_on()
    {
        await _host.BeginAsync();
        var change = site.Write("links: {extra3: {kind: bridge, addresses: [10.85.0.1/24]}}");
        (await site.RunAsync("apply", change)).ShouldExitWith(0);
        await site.ShellAsync("ip link delete extra3");
        await LabHosts.LabHostFixture.EventuallyAsync(async () => (await site.RunAsync("verify", change)).ExitCode == 0, "extra3 is back");

        (await site.RunAsync("apply")).ShouldExitWith(0);
        await _host.HealedAsync();
        (await site.Host.ExecAsync("ip", "link", "show", "extra3")).ExitCode.ShouldNotBe(0);
    }
}
