using Cloudlet.Check.Guests;
using Cloudlet.Errors;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Check.Tests.Guests;

/// <summary>Which modules the guest loads.</summary>
public sealed class ModuleOrderSpecs
{
    private const string Debian12 = """
        kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko kernel/net/core/failover.ko kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
        kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko
        kernel/net/core/failover.ko:
        kernel/drivers/virtio/virtio.ko:
        kernel/drivers/virtio/virtio_ring.ko: kernel/drivers/virtio/virtio.ko
        kernel/drivers/virtio/virtio_pci_legacy_dev.ko:
        kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio_pci_legacy_dev.ko kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
        kernel/drivers/block/floppy.ko:
        """;

    [Fact]
    public void Only_what_is_needed_is_loaded_each_after_what_it_depends_on()
    {
        var order = ModuleOrder.Of(Debian12, "kernel/net/packet/af_packet.ko\n").Select(ModuleOrder.NameOf).ToList();

        order.ShouldBe(["virtio_pci_legacy_dev", "virtio", "virtio_ring", "virtio_pci", "failover", "net_failover", "virtio_net"]);
    }

    [Fact]
    public void A_module_may_be_built_in_or_compressed()
    {
        ModuleOrder.Of("kernel/virtio-net.ko.xz:\n", "kernel/virtio_pci.ko\n").ShouldBe(["kernel/virtio-net.ko.xz"]);
        var error = Should.Throw<CloudletException>(static () => ModuleOrder.Of("kernel/virtio_pci.ko:\n", ""));
        error.Message.ShouldContain("virtio_net");
    }

    [Fact]
    public void Dependencies_come_first_and_circles_end()
    {
        string[] names = ["virtio_pci", "virtio_net", "a", "b", "c", "d", "e"];
        var edges = Gen.Choose(0, names.Length - 1).SelectMany(from => Gen.Choose(0, names.Length - 1).Select(to => (from, to)));
        Prop.ForAll(
                edges.ArrayOf().ToArbitrary(),
                all =>
                {
                    // Each depends on later ones only: a graph without circles.
                    var needs = names
                        .Select((_, i) => all.Where(e => e.from == i && e.to > i).Select(e => names[e.to]).Distinct().ToList())
                        .ToList();
                    var text = string.Join(
                        '\n',
                        names.Select((n, i) => $"k/{n}.ko: {string.Join(' ', needs[i].Select(static d => $"k/{d}.ko"))}")
                    );
                    var order = ModuleOrder.Of(text, "").Select(ModuleOrder.NameOf).ToList();
                    order.ShouldBeUnique();
                    order.ShouldContain("virtio_net");
                    foreach (var name in order)
                    foreach (var needed in needs[Array.IndexOf(names, name)])
                        order.IndexOf(needed).ShouldBeLessThan(order.IndexOf(name));
                }
            )
            .QuickCheckThrowOnFailure();
        ModuleOrder.Of("k/virtio_pci.ko: k/virtio_net.ko\nk/virtio_net.ko: k/virtio_pci.ko", "").Count.ShouldBe(2);
    }
}
