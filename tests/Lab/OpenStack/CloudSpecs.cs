using System.Text.Json;
using Cloudlet.Lab.Tests.Health;

namespace Cloudlet.Lab.Tests.OpenStack;

/// <summary>A whole cloud out of one site file: used, rebooted, broken and healed.</summary>
[Collection(nameof(CloudLab))]
public sealed class CloudSpecs(CloudConverge site)
{
    private static readonly (string What, string Command)[] Breakages =
    [
        ("a password is changed at the broker", "echo other | rabbitmqctl -q change_password openstack"),
        ("a chassis loses its physical network", "ovs-vsctl remove open_vswitch . external_ids ovn-bridge-mappings"),
        ("the bridge of the provider is deleted", "ovs-vsctl del-br br-physnet1"),
        ("agents and services are killed", "systemctl kill -s KILL nova-compute neutron-server keystone ovn-controller"),
        ("the account of a service is disabled", $"{Login} openstack user set --disable neutron"),
        ("a flavor is deleted", $"{Login} openstack flavor delete small"),
        ("database and broker are away for a while", "systemctl stop mariadb rabbitmq-server"),
    ];

    private const string Login =
        "OS_AUTH_URL=http://10.80.0.1:5000/v3 OS_USERNAME=admin OS_PASSWORD=$(cat /etc/cloudlet/secrets/keystone-admin) "
        + "OS_PROJECT_NAME=admin OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default OS_IDENTITY_API_VERSION=3";

    private readonly HealedHost _host = new(site, site.Often);

    [Fact]
    public async Task One_site_file_makes_a_cloud_in_which_a_guest_boots_and_nothing_is_left_to_do()
    {
        await site.BeginAsync();

        (await site.GuestAsync()).ShouldNotBeEmpty("a check boots it, and finds its address and metadata");
        (await site.RunAsync("plan", site.Often)).ShouldExitWith(0).Named("planned").ShouldAllBe(static e => IsEmpty(e));
        (await site.ShellAsync("curl -sSf http://10.80.0.1/auth/login/")).ShouldContain("OpenStack Dashboard");
        (
            await site.ShellAsync("grep -rlF \"$(cat /etc/cloudlet/secrets/svc-nova)\" /var/lib/cloudlet /run/cloudlet || true")
        ).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_guest_answers_again_after_a_power_cut_of_its_host_without_any_help()
    {
        await site.BeginAsync();
        await site.AnswersAsync(minutes: 1);

        await site.Host.PowerCutAsync();

        await site.AnswersAsync(minutes: 5);
        await _host.HealedAsync(minutes: 4);
    }

    [Fact]
    public async Task Every_further_breakage_is_healed()
    {
        Assert.SkipUnless(CloudConverge.IsAll, "./check --long runs it: each breakage takes a minute");
        foreach (var (what, command) in Breakages)
            await What_is_broken_is_healed_under_a_running_guest_and_the_cloud_works(what, command);
    }

    [Theory]
    [InlineData("the link of all endpoints is deleted", "ip link delete cloudlet0")]
    [InlineData("a password is changed in the database", "mariadb -e \"ALTER USER nova@localhost IDENTIFIED BY 'other'\"")]
    public async Task What_is_broken_is_healed_under_a_running_guest_and_the_cloud_works(string what, string command)
    {
        await site.BeginAsync();
        await site.AnswersAsync(minutes: 1);
        var guest = await site.ShellAsync("pidof qemu-system-x86_64");

        await site.ShellAsync(command);

        await Task.Delay(TimeSpan.FromSeconds(1)); // what is asked at once may be the state of before
        await _host.HealedAsync(minutes: 4);
        await site.AnswersAsync(minutes: 2);
        (await site.ShellAsync("pidof qemu-system-x86_64")).ShouldBe(guest, what);
    }

    private static bool IsEmpty(JsonElement planned) => planned.GetProperty("changes").GetArrayLength() == 0;
}
