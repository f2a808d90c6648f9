using System.Globalization;
using System.Text.RegularExpressions;
using Cloudlet.Lab.Tests.Health;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Service;

/// <summary>
/// The cloudlet service as a site file describes it: installed by one apply, used from another host over the network, run without root,
/// repaired by the health daemon, and restarted under its VMs.
/// </summary>
public sealed partial class ServiceSpecs(ServiceHost site) : IClassFixture<ServiceHost>
{
    private const string Program = "/usr/lib/cloudlet/cloudlet-service";
    private const string Store = "/var/lib/cloudlet-service/runtime";
    private const uint QemuUser = 60800;

    [Fact]
    public async Task A_device_uses_it_from_the_first_upload_to_the_last_removal()
    {
        await site.ReadyAsync();
        await BaseAsync("tiny");
        await site.DeviceAsync("cloudlet base export tiny /root/tiny.base");
        await site.DeviceAsync("cloudlet base remove tiny && cloudlet base import /root/tiny.base --name again");

        await site.DeviceAsync("cloudlet vm resume again --name one");
        var (boot, count) = await AskAsync("one");
        count.ShouldBe(1);
        (await AskAsync("one")).ShouldBe((boot, 2));

        await site.DeviceAsync("cloudlet overlay create one --name app && cloudlet overlay create one /root/app.overlay");
        await site.DeviceAsync("cloudlet vm stop one --force --remove && cloudlet synthesize app --name two");
        (await AskAsync("two")).ShouldBe((boot, 3));

        await site.DeviceAsync("cloudlet synthesize /root/app.overlay --name three");
        (await AskAsync("three")).ShouldBe((boot, 3));

        await site.DeviceAsync(
            "for v in two three; do cloudlet vm stop $v --force --remove; done; cloudlet overlay remove app; cloudlet base remove again"
        );
        (await site.ShellAsync($"ls {Store}/vms {Store}/overlays {Store}/bases | grep -v : || true")).Trim().ShouldBeEmpty();
    }

    [Fact]
    public async Task Neither_the_service_nor_qemu_is_root_and_qemu_reaches_nothing_of_the_service()
    {
        await site.ReadyAsync();
        await BaseAsync("apart");
        await site.DeviceAsync("cloudlet vm resume apart --name apart");

        var service = await StatusAsync(await site.UnitAsync("MainPID"));
        service["Uid"].ShouldNotContain("0");
        service["NoNewPrivs"].ShouldBe(["1"]);
        var qemu = await StatusAsync(await site.ShellAsync("pgrep -f 'qemu-system.*' -u 60800 | head -1"));
        qemu["Uid"].ShouldAllBe(id => id == $"{QemuUser}");
        qemu["Groups"].ShouldBeEmpty();
        foreach (var set in (string[])["CapEff", "CapPrm", "CapAmb", "CapInh"])
            ulong.Parse(qemu[set].Single(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture).ShouldBe(0UL, set);

        const string AsQemu = "setpriv --reuid=60800 --regid=60800 --clear-groups";
        foreach (var file in (string[])["accounts.json", "audit.jsonl", "tls/authority.key", "uploads", "operations"])
            (await site.Host.ExecAsync("sh", "-c", $"{AsQemu} cat /var/lib/cloudlet-service/{file}")).Error.ShouldContain("denied");
        (await site.Host.ExecAsync("sh", "-c", $"{AsQemu} ls /run/cloudlet-service")).Error.ShouldContain("denied");
        await site.DeviceAsync("cloudlet vm stop apart --force --remove; cloudlet base remove apart");
    }

    [Fact]
    public async Task A_vm_outlives_a_restart_and_a_kill_of_the_service_which_finds_it_again()
    {
        await site.ReadyAsync();
        await BaseAsync("stays");
        await site.DeviceAsync("cloudlet vm resume stays --name stays");
        var (boot, _) = await AskAsync("stays");

        await site.ShellAsync("systemctl restart cloudlet-service");
        await site.AnswersAsync();
        (await AskAsync("stays")).ShouldBe((boot, 2));

        var before = await site.UnitAsync("MainPID");
        await site.ShellAsync($"kill -9 {before}");
        await LabHostFixture.EventuallyAsync(
            async () => await site.UnitAsync("MainPID") is not "0" and var now && now != before,
            "the service is started again"
        );
        await site.AnswersAsync();
        (await AskAsync("stays")).ShouldBe((boot, 3));
        await site.DeviceAsync("cloudlet vm stop stays --force --remove; cloudlet base remove stays");
    }

    [Fact]
    public async Task The_health_daemon_holds_it()
    {
        await site.ReadyAsync();
        var host = new HealedHost(site);
        await site.ShellAsync($"rm {Program}; echo '{{}}' >/etc/cloudlet/service.json; systemctl stop cloudlet-service");
        await host.HealedAsync(minutes: 3);
        (await site.ShellAsync($"sha256sum <{Program}")).ShouldBe(
            await site.ShellAsync("cat /var/lib/cloudlet/service/*/cloudlet | sha256sum")
        );
        await site.AnswersAsync();
    }

    [Fact]
    public async Task A_second_apply_changes_nothing_and_sends_nothing()
    {
        await site.ReadyAsync();
        var run = await site.RunAsync("apply");
        run.ShouldExitWith(0).Result.ShouldBe("unchanged");
        run.Output.ShouldNotContain("copying cloudlet-service");
    }

    private async Task BaseAsync(string name) =>
        await site.DeviceAsync(
            $"cloudlet base create /root/disk.raw --name {name} --memory 64M --until 'serial:{TinyGuest.Ready}' --timeout 5m"
        );

    /// <summary>Sends a byte to the guest's console; what it says about its boot and its answers.</summary>
    private async Task<(string Boot, int Count)> AskAsync(string vm)
    {
        // The console stays open until the answer is there; Ctrl-] leaves it.
        var run = await site.TryDeviceAsync(
            $$"""
            out=$(mktemp)
            { printf x; for i in $(seq 150); do grep -aq 'count [0-9a-f]\{8\}' $out && break; sleep 0.2; done; printf '\035'; } |
              timeout 60 cloudlet vm console {{vm}} >$out 2>&1 || true
            cat $out
            """
        );
        var match = Answer().Matches(run.Output).LastOrDefault();
        match.ShouldNotBeNull($"{run.Output}\n{run.Error}");
        return (
            match.Groups["boot"].Value,
            int.Parse(match.Groups["count"].Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
        );
    }

    private async Task<Dictionary<string, string[]>> StatusAsync(string pid) =>
        (await site.ShellAsync($"cat /proc/{pid}/status"))
            .Split('\n')
            .Select(l => l.Split(':', 2))
            .ToDictionary(l => l[0], l => l[1].Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex("boot (?<boot>[0-9a-f]{8}) count (?<count>[0-9a-f]{8})", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Answer();
}
