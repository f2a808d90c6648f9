namespace Cloudlet.Guest.Tests.Persistence;

/// <summary>
/// The first use case of this project: a dummy link, which a kernel forgets at every boot and which a network system creates only once. It
/// exists after reboots without the health daemon.
/// </summary>
[Collection(nameof(GuestLab))]
public sealed class DummySpecs(ConvergeGuest site)
{
    [Fact]
    public async Task A_dummy_is_back_after_a_reboot_before_what_depends_on_it_starts()
    {
        await site.Host.UpAsync();
        var alone = site.Write("boot: networkd\nhealth: ~");
        (await site.RunAsync("apply", alone)).ShouldExitWith(0);

        // Possible only if the driver did not create a dummy0 by itself when it was loaded.
        await site.Host.OutputOfAsync("ip link add dummy0 type dummy && ip address add 10.99.0.1/24 dev dummy0 && ip link set dummy0 up");
        await site.Host.RebootAsync();

        await site.LinkWasThereFirstAsync();
        (await site.Host.OutputOfAsync("ip -brief link show type dummy")).Split('\n').ShouldHaveSingleItem().ShouldStartWith("cloudlet0 ");
        (await site.RunAsync("verify", alone)).ShouldExitWith(0).Drift.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_deleted_dummy_is_healed()
    {
        await site.BeginAsync();
        await site.Host.OutputOfAsync("ip link delete cloudlet0");

        await site.Host.OutputOfAsync(
            "for i in $(seq 600); do ip -oneline address show cloudlet0 2>/dev/null | grep -q ' 10.80.0.1/24 ' && exit 0; sleep "
                + "0.1; done; ip address; exit 1"
        );

        var verified = await site.RunAsync("verify");
        verified.ShouldExitWith(0).Drift.ShouldBeEmpty();
        (await site.Host.OutputOfAsync("cat /sys/class/net/cloudlet0/address /sys/class/net/cloudlet0/mtu")).ShouldBe(
            "02:00:5e:10:00:01\n1450"
        );
    }
}
