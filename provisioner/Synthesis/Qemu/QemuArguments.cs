using System.Globalization;
using Cloudlet.Synthesis.Manifests;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>
/// Makes the command line of a machine. Paths are relative to QEMU's working folder, so that QEMU's user needs no access to the folders
/// above. The machine that the guest sees depends on the definition alone, because a sealed state fits no other one.
/// </summary>
internal sealed record QemuArguments(VmDefinition Definition)
{
    /// <summary>Folder of the sockets, which QEMU owns.</summary>
    public const string Sockets = "run";

    /// <summary>Names of the sockets.</summary>
    public const string ControlSocket = "control",
        ConsoleSocket = "console",
        AgentSocket = "agent",
        LoadSocket = "load";

    /// <summary>Log of the guest's serial port.</summary>
    public const string ConsoleLog = "console.log";

    /// <summary>Name for process lists.</summary>
    public required string Name { get; init; }

    /// <summary>File of the guest's memory.</summary>
    public required string MemoryFile { get; init; }

    /// <summary>True: the guest's memory is mapped shared, so writes go to the file. False: it is mapped privately.</summary>
    public required bool SharesMemory { get; init; }

    /// <summary>Raw disk, or the one below <see cref="DiskLayer"/>.</summary>
    public required string Disk { get; init; }

    /// <summary>A qcow2 file for the guest's writes; null: the disk itself is written.</summary>
    public string? DiskLayer { get; init; }

    /// <summary>True: starts paused, and waits for a device state on <see cref="LoadSocket"/>.</summary>
    public bool WaitsForState { get; init; }

    /// <summary>Ports that are forwarded to the guest.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>True: the guest can reach every network that this machine can reach, and this machine's loopback as 10.0.2.2.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The arguments, without the program.</summary>
    public IReadOnlyList<string> ToList() =>
        [
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-name",
            Name,
            .. Processor(),
            "-machine",
            $"{Definition.Machine},memory-backend=ram,suppress-vmdesc=on",
            "-global",
            "migration.send-configuration=off",
            "-m",
            $"{Text(Definition.MemoryBytes >> 20)}M",
            "-object",
            $"memory-backend-file,id=ram,size={Text(Definition.MemoryBytes)},mem-path={MemoryFile},share={(SharesMemory ? "on" : "off")}",
            "-chardev",
            $"socket,id=control,path={Sockets}/{ControlSocket},server=on,wait=off",
            "-mon",
            "chardev=control,mode=control",
            .. DiskArguments(),
            .. DeviceArguments(),
            .. WaitsForState ? new[] { "-S", "-incoming", $"unix:{Sockets}/{LoadSocket}" } : [],
        ];

    /// <summary>Arguments of accelerator, processor and sandbox, which <see cref="ProbeMachine"/> checks.</summary>
    public IReadOnlyList<string> Processor() =>
        [
            "-sandbox",
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-accel",
            Definition.Accelerator == "tcg" ? "tcg,thread=multi" : Definition.Accelerator,
            "-cpu",
            $"{Definition.Cpu},enforce",
            "-smp",
            Processors(),
        ];

    /// <summary>
    /// Layout 2: under tcg, QEMU omits the guest's memory barriers (<c>mb</c> of <c>-d op</c>) for a machine that can only have one
    /// processor, although its devices run in another thread. Drivers need the barriers between publishing a request and checking whether
    /// the device wants a notification; without them a request may hang forever. An empty slot for a second processor brings the barriers
    /// back.
    /// </summary>
    private string Processors() => Definition is { Layout: >= 2, Accelerator: "tcg", Cpus: 1 } ? "1,maxcpus=2" : Text(Definition.Cpus);

    /// <summary>
    /// All layouts: every device has a fixed address, so that a newer QEMU does not choose another. There is no balloon and no free page
    /// reporting: for these QEMU 7.2 would punch holes into the base's memory file, although it is mapped privately.
    /// </summary>
    private IEnumerable<string> DeviceArguments() =>
        [
            .. CardArguments(),
            "-chardev",
            $"socket,id=console,path={Sockets}/{ConsoleSocket},server=on,wait=off,logfile={ConsoleLog},logappend=on",
            "-device",
            "isa-serial,chardev=console,id=serial0",
            "-device",
            "virtio-serial-pci,id=ports,bus=pcie.0,addr=0x4,max_ports=2",
            "-chardev",
            $"socket,id=agent,path={Sockets}/{AgentSocket},server=on,wait=off",
            "-device",
            "virtserialport,chardev=agent,bus=ports.0,nr=1,id=agent0,name=org.qemu.guest_agent.0",
            "-object",
            "rng-builtin,id=chance",
            "-device",
            "virtio-rng-pci,rng=chance,id=rng0,bus=pcie.0,addr=0x5",
            "-device",
            "vmgenid,guid=auto,id=generation",
        ];

    private IEnumerable<string> CardArguments() =>
        !Definition.HasCard
            ? []
            :
            [
                "-netdev",
                $"user,id=net,restrict={(IsOpen ? "off" : "on")}"
                    + string.Concat(Forwards.Select(f => $",hostfwd=tcp:127.0.0.1:{Text(f.HostPort)}-:{Text(f.GuestPort)}")),
                "-device",
                $"{Definition.Card ?? "virtio-net-pci"},netdev=net,id=net0,bus=pcie.0,addr=0x3,romfile=,mac=52:54:00:12:34:56",
            ];

    /// <summary>The machine always has its SATA controller; the virtio ones share one address.</summary>
    private IEnumerable<string> DiskDevices() =>
        Definition.Disk switch
        {
            "sata" => ["-device", "ide-hd,drive=disk,id=disk0,bus=ide.0,bootindex=1"],
            "scsi" =>
            [
                "-device",
                "virtio-scsi-pci,id=scsi,bus=pcie.0,addr=0x2",
                "-device",
                "scsi-hd,drive=disk,id=disk0,bus=scsi.0,bootindex=1",
            ],
            _ => ["-device", "virtio-blk-pci,drive=disk,id=disk0,bus=pcie.0,addr=0x2,bootindex=1"],
        };

    private IEnumerable<string> DiskArguments()
    {
        const string Gives = "discard=unmap,detect-zeroes=unmap";
        return DiskLayer is null
            ?
            [
                "-blockdev",
                $"driver=file,node-name=disk-file,filename={Disk},discard=unmap",
                "-blockdev",
                $"driver=raw,node-name=disk,file=disk-file,{Gives}",
                .. DiskDevices(),
            ]
            :
            [
                "-blockdev",
                $"driver=file,node-name=base-file,filename={Disk},read-only=on",
                "-blockdev",
                "driver=raw,node-name=base,file=base-file,read-only=on",
                "-blockdev",
                $"driver=file,node-name=disk-file,filename={DiskLayer},discard=unmap",
                "-blockdev",
                $"driver=qcow2,node-name=disk,file=disk-file,backing=base,{Gives}",
                .. DiskDevices(),
            ];
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
