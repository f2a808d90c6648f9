using Cloudlet.Lab.Tests.Health;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Nova;

/// <summary>A host whose servers are real guests: libvirt, and QEMU without KVM.</summary>
public sealed class LibvirtConverge() : NovaConverge("nova-qemu.yaml");

/// <summary>Real guests.</summary>
public sealed class LibvirtSpecs(LibvirtConverge site) : IClassFixture<LibvirtConverge>
{
    private readonly HealedHost _host = new(site);

    [Fact]
    public async Task A_guest_boots_and_libvirt_is_healed_before_the_compute_service_without_harm_to_it()
    {
        await site.BeginAsync();
        var server = await site.Cloud.BootAsync();
        server.Status.ShouldBe("ACTIVE", server.Fault);
        await LabHostFixture.EventuallyAsync(async () => (await site.Cloud.ConsoleAsync(server)).Contains(NovaCloud.GuestSays), "the guest says that it is up");
        var guest = await GuestAsync();

        // With the daemon running, its heal of the first of them may cancel the stop of the last.
        await site.ShellAsync("systemctl stop cloudlet-healthd; systemctl stop libvirtd libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket nova-compute; systemctl start cloudlet-healthd");
        await _host.HealedAsync(minutes: 4);
        await site.Cloud.ComputeIsAsync("up");

        (await GuestAsync()).ShouldBe(guest);
        var started = (await site.ShellAsync("for u in libvirtd nova-compute; do systemctl show -P ActiveEnterTimestampMonotonic $u; done")).Split('\n').Select(long.Parse).ToList();
        started[1].ShouldBeGreaterThan(started[0]);
        await LabHostFixture.EventuallyAsync(async () => (await site.Cloud.BootAsync()).Status == "ACTIVE", "a server runs", minutes: 3);
    }

    /// <summary>Process of the only guest.</summary>
    private Task<string> GuestAsync() => site.ShellAsync("pidof qemu-system-x86_64");
}
