using Cloudlet.Lab.Tests.Health;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Nova;

/// <summary>A host whose servers are real guests: libvirt, and QEMU without KVM.</summary>
public sealed class LibvirtConverge() : NovaConverge("nova-qemu.yaml");

/// <summary>Specs with real guests.</summary>
public sealed class LibvirtSpecs(LibvirtConverge site) : IClassFixture<LibvirtConverge>
{
    private const string Runs = "for u in libvirtd nova-compute; do echo $u $(systemctl show -P InvocationID $u); done";

    private readonly HealedHost _host = new(site);

    [Fact]
    public async Task A_guest_boots_and_survives_the_heal_of_libvirt_before_the_compute_service()
    {
        await site.BeginAsync();
        var before = await site.ShellAsync(Runs);
        var server = await site.Cloud.RunsAsync();
        (await site.ShellAsync(Runs)).ShouldBe(before, "no service may be restarted while a server is being started");
        // A busy machine may have needed a second attempt; only guests of the present attempt count.
        await LabHostFixture.EventuallyAsync(
            async () => (await site.Cloud.ConsoleAsync(server)).Contains(NovaCloud.GuestSays),
            "the guest reports that it is up"
        );
        var guest = await GuestAsync();

        // If the daemon ran, its heal of the first unit might cancel the stop of the last.
        await site.ShellAsync(
            "systemctl stop cloudlet-healthd; systemctl stop libvirtd libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket "
                + "nova-compute; systemctl start cloudlet-healthd"
        );
        await _host.HealedAsync(minutes: 4);
        await site.Cloud.ComputeIsAsync("up");

        (await GuestAsync()).ShouldBe(guest);
        var started = (await site.ShellAsync("for u in libvirtd nova-compute; do systemctl show -P ActiveEnterTimestampMonotonic $u; done"))
            .Split('\n')
            .Select(long.Parse)
            .ToList();
        started[1].ShouldBeGreaterThan(started[0]);
        await LabHostFixture.EventuallyAsync(async () => (await site.Cloud.BootAsync()).Status == "ACTIVE", "a server runs", minutes: 3);
    }

    /// <summary>Process of the only guest.</summary>
    private Task<string> GuestAsync() => site.ShellAsync("pidof qemu-system-x86_64");
}
