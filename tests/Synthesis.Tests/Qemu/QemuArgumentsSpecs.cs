using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Tests.Qemu;

public sealed class QemuArgumentsSpecs
{
    /// <summary>The devices of a guest must never change for a layout with sealed bases: this list is the contract.</summary>
    [Fact]
    public void Every_layout_has_these_devices_and_no_others()
    {
        var devices = Options(Resumed(), "-device").ToList();
        devices.ShouldBe([
            "virtio-blk-pci,drive=disk,id=disk0,bus=pcie.0,addr=0x2,bootindex=1",
            "virtio-net-pci,netdev=net,id=net0,bus=pcie.0,addr=0x3,romfile=,mac=52:54:00:12:34:56",
            "isa-serial,chardev=console,id=serial0",
            "virtio-serial-pci,id=ports,bus=pcie.0,addr=0x4,max_ports=2",
            "virtserialport,chardev=agent,bus=ports.0,nr=1,id=agent0,name=org.qemu.guest_agent.0",
            "virtio-rng-pci,rng=chance,id=rng0,bus=pcie.0,addr=0x5",
            "vmgenid,guid=auto,id=generation",
        ]);
        Options(Created(), "-device").ShouldBe(devices);
        foreach (var option in new[] { "-machine", "-cpu", "-smp", "-m", "-global" })
            Options(Created(), option).ShouldBe(Options(Resumed(), option), $"{option} must be the same at sealing and resuming");
    }

    /// <summary>
    /// The same list. QEMU keeps the memory barriers of an interpreted guest only where there may be a second processor.
    /// </summary>
    [Theory]
    [InlineData(1, "tcg", 1, "1")]
    [InlineData(2, "tcg", 1, "1,maxcpus=2")]
    [InlineData(2, "tcg", 3, "3")]
    [InlineData(2, "kvm", 1, "1")]
    public void Layout_2_has_a_slot_for_a_second_processor_where_a_single_one_would_lose_the_guests_barriers(
        int layout,
        string accelerator,
        int cpus,
        string processors
    )
    {
        var definition = Samples.Machine with { Layout = layout, Accelerator = accelerator, Cpus = cpus };
        definition.Problems().ShouldBeEmpty();
        Options(Resumed() with { Definition = definition }, "-smp").ShouldBe([processors]);
    }

    /// <summary>The same list, for the devices that can be chosen.</summary>
    [Theory]
    [InlineData(
        "scsi",
        "e1000e",
        "virtio-scsi-pci,id=scsi,bus=pcie.0,addr=0x2 scsi-hd,drive=disk,id=disk0,bus=scsi.0,bootindex=1 "
            + "e1000e,netdev=net,id=net0,bus=pcie.0,addr=0x3,romfile=,mac=52:54:00:12:34:56"
    )]
    [InlineData(
        "sata",
        "vmxnet3",
        "ide-hd,drive=disk,id=disk0,bus=ide.0,bootindex=1 vmxnet3,netdev=net,id=net0,bus=pcie.0,addr=0x3,romfile=,mac=52:54:00:12:34:56"
    )]
    [InlineData("sata", "none", "ide-hd,drive=disk,id=disk0,bus=ide.0,bootindex=1")]
    public void Disk_and_card_are_as_chosen(string disk, string card, string devices)
    {
        var definition = Samples.Machine with { Disk = disk, Card = card };
        definition.Problems().ShouldBeEmpty();
        foreach (var arguments in (QemuArguments[])[Created() with { Definition = definition }, Resumed() with { Definition = definition }])
        {
            string.Join(' ', Options(arguments, "-device").TakeWhile(d => !d.StartsWith("isa-serial", StringComparison.Ordinal)))
                .ShouldBe(devices);
            Options(arguments, "-netdev").Count().ShouldBe(card == "none" ? 0 : 1);
        }
    }

    [Fact]
    public void A_machine_without_a_card_accepts_no_forwards()
    {
        var definition = Samples.Machine with { Card = "none" };
        PortForward.RequireCard(definition, []);
        Should
            .Throw<CloudletException>(() => PortForward.RequireCard(definition, [new PortForward(8080, 80)]))
            .Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public void A_base_shares_its_memory_file_and_a_resumed_vm_never_does()
    {
        Options(Created(), "-object").ShouldContain("memory-backend-file,id=ram,size=67108864,mem-path=memory.raw,share=on");
        Options(Resumed(), "-object").ShouldContain("memory-backend-file,id=ram,size=67108864,mem-path=../../bases/x/memory.raw,share=off");
        Options(Resumed(), "-blockdev")
            .Where(b => b.Contains("../../bases", StringComparison.Ordinal))
            .ShouldAllBe(b => b.EndsWith("read-only=on", StringComparison.Ordinal));
    }

    [Fact]
    public void The_guest_has_no_network_by_default_and_forwards_are_on_loopback()
    {
        Options(Resumed() with { Forwards = [new PortForward(8080, 80), new PortForward(2222, 22)] }, "-netdev")
            .ShouldBe(["user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=tcp:127.0.0.1:2222-:22"]);
        Options(Resumed() with { IsOpen = true }, "-netdev").ShouldBe(["user,id=net,restrict=off"]);
    }

    [Fact]
    public void Qemu_is_in_a_sandbox_that_starts_no_programs()
    {
        Options(Resumed(), "-sandbox").ShouldBe(["on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]);
        string.Join(' ', Resumed().ToList()).ShouldNotContain("exec:");
    }

    [Theory]
    [InlineData("8080:80", 8080, 80)]
    [InlineData("0:7000", 0, 7000)]
    public void A_forward_is_two_ports(string text, int host, int guest) => PortForward.Parse(text).ShouldBe(new PortForward(host, guest));

    [Theory]
    [InlineData("80")]
    [InlineData("80:0")]
    [InlineData("70000:80")]
    [InlineData("1:2:3")]
    [InlineData("80:80,guestfwd=x")]
    public void Anything_else_is_not_a_forward(string text) =>
        Should.Throw<CloudletException>(() => PortForward.Parse(text)).Kind.ShouldBe(ErrorKind.InvalidInput);

    private static QemuArguments Created() =>
        new(Samples.Machine)
        {
            Name = "base",
            MemoryFile = "memory.raw",
            SharesMemory = true,
            Disk = "disk.raw",
        };

    private static QemuArguments Resumed() =>
        new(Samples.Machine)
        {
            Name = "vm",
            MemoryFile = "../../bases/x/memory.raw",
            SharesMemory = false,
            Disk = "../../bases/x/disk.raw",
            DiskLayer = "disk.qcow2",
            WaitsForState = true,
        };

    /// <summary>The values of an option's names.</summary>
    internal static IEnumerable<string> Options(QemuArguments arguments, string name)
    {
        var list = arguments.ToList();
        return Enumerable.Range(0, list.Count - 1).Where(i => list[i] == name).Select(i => list[i + 1]);
    }
}
