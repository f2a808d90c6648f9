namespace Cloudlet.Lab.Tests.Converge;

/// <summary>Manual changes are found by verify, named, and repaired by apply.</summary>
[Collection(nameof(NetworkdLab))]
public sealed class DriftSpecs(NetworkdConverge site)
{
    private const string Beacon = "/etc/cloudlet/beacon.conf";
    private const string UnitFile = "/etc/systemd/system/cloudlet-beacon.service";

    [Theory]
    [InlineData("link:cloudlet0", "", "ip link delete cloudlet0")]
    [InlineData("link:cloudlet0", "mac", "ip link set cloudlet0 address 02:00:5e:10:00:99")]
    [InlineData("link:cloudlet0", "mtu", "ip link set cloudlet0 mtu 1400")]
    [InlineData("link:cloudlet0", "addresses", "ip address delete 10.80.0.1/24 dev cloudlet0")]
    [InlineData("link:cloudlet0", "addresses", "ip address add 10.99.0.1/24 dev cloudlet0")]
    [InlineData("link:cloudlet0", "routes", "ip route delete 10.81.0.0/16")]
    [InlineData("link:guest-port", "", "ip link delete guest-port")]
    [InlineData("file:/etc/motd", "content", "echo hello >/etc/motd")]
    [InlineData("file:/etc/motd", "mode", "chmod 0600 /etc/motd")]
    [InlineData("file:/etc/motd", "owner", "chown 33 /etc/motd")]
    [InlineData("file:/etc/motd", "", "rm /etc/motd")]
    [InlineData("file:/etc/motd", "kind", "rm /etc/motd && mkdir /etc/motd")]
    [InlineData("file:/etc/motd", "kind", "rm /etc/motd && ln -s /etc/hostname /etc/motd")]
    [InlineData("file:/etc/cloudlet/current.conf", "target", "ln -sfn /etc/hostname /etc/cloudlet/current.conf")]
    [InlineData("unit:cloudlet-beacon.service", "running", "systemctl stop cloudlet-beacon")]
    [InlineData("unit:cloudlet-beacon.service", "enabled", "systemctl disable cloudlet-beacon")]
    [InlineData("file:" + Beacon, "content", "sed -i s/north/south/ " + Beacon)]
    [InlineData("file:" + UnitFile, "content", "sed -i s/Example/Other/ " + UnitFile)]
    public async Task Drift_is_found_named_and_repaired(string id, string property, string byHand)
    {
        await site.ConvergeAsync();
        await site.ShellAsync(byHand);

        (await site.RunAsync("verify"))
            .ShouldExitWith(2)
            .Drift.ShouldContain(d => d.StartsWith($"{id} {property}", StringComparison.Ordinal));

        (await site.RunAsync("apply")).ShouldExitWith(0).Result.ShouldBe("changed");
        (await site.RunAsync("verify")).ShouldExitWith(0).Drift.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_link_declared_not_promiscuous_is_taken_out_of_promiscuous_mode()
    {
        var declared = site.Write("links: {cloudlet0: {promiscuous: false}}");
        (await site.RunAsync("apply", declared)).ShouldExitWith(0);
        await site.ShellAsync("ip link set cloudlet0 promisc on");

        (await site.RunAsync("verify", declared)).ShouldExitWith(2).Drift.ShouldBe(["link:cloudlet0 promiscuous"]);

        (await site.RunAsync("apply", declared)).ShouldExitWith(0);
        (await site.RunAsync("verify", declared)).ShouldExitWith(0);
    }

    [Theory]
    [InlineData("echo LOG_LEVEL=debug >>" + Beacon)]
    [InlineData("echo '# changed' >>" + UnitFile)]
    public async Task A_service_with_edited_configuration_is_restarted_exactly_once(string byHand)
    {
        await site.ConvergeAsync();
        var before = await StartsAsync();
        await site.ShellAsync(byHand);
        await site.ShellAsync("systemctl daemon-reload; systemctl restart cloudlet-beacon");
        var edited = await StartsAsync();

        (await site.RunAsync("apply")).ShouldExitWith(0);
        var repaired = await StartsAsync();
        (await site.RunAsync("apply")).ShouldExitWith(0).Result.ShouldBe("unchanged");

        (edited - before, repaired - edited).ShouldBe((1, 1));
        (await StartsAsync()).ShouldBe(repaired);
    }

    [Fact]
    public async Task A_file_rewritten_with_the_same_bytes_restarts_nothing()
    {
        // There is no record of what a process loaded that the boot started; then only times show it.
        await site.ShellAsync("systemctl stop cloudlet-beacon || true");
        await site.ConvergeAsync();
        var before = await StartsAsync();
        await site.ShellAsync($"touch {Beacon}; cat {Beacon} >/tmp/same; cat /tmp/same >{Beacon}; rm /tmp/same");

        (await site.RunAsync("verify")).ShouldExitWith(0).Drift.ShouldBeEmpty();
        (await site.RunAsync("apply")).ShouldExitWith(0).Result.ShouldBe("unchanged");

        (await StartsAsync()).ShouldBe(before);
    }

    /// <summary>
    /// Number of starts of the service in this boot, from systemd's journal: every start has its own invocation.
    /// </summary>
    private async Task<int> StartsAsync() =>
        (await site.ShellAsync("journalctl -q -b -u cloudlet-beacon -o cat --output-fields=MESSAGE | grep -c '^Started' || true"))
            is var count
            ? int.Parse(count)
            : 0;
}

/// <summary>Drift that systemd-networkd repairs at once; with ifupdown it stays until the next apply.</summary>
[Collection(nameof(IfupdownLab))]
public sealed class IfupdownDriftSpecs(IfupdownConverge site)
{
    [Theory]
    [InlineData("link:guest-port master", "ip link set guest-port nomaster")]
    [InlineData("link:cloudlet0 up", "ip link set cloudlet0 down")]
    public async Task Drift_that_networkd_would_repair_is_found_and_repaired(string drift, string byHand)
    {
        await site.ConvergeAsync();
        await site.ShellAsync(byHand);

        (await site.RunAsync("verify")).ShouldExitWith(2).Drift.ShouldContain(drift);

        (await site.RunAsync("apply")).ShouldExitWith(0).Result.ShouldBe("changed");
        (await site.RunAsync("verify")).ShouldExitWith(0).Drift.ShouldBeEmpty();
    }
}
