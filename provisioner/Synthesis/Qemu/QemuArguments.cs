using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>A port of this machine's loopback that leads into a VM.</summary>
/// <param name="HostPort">On 127.0.0.1; 0 lets one be chosen.</param>
/// <param name="GuestPort">In the guest.</param>
public sealed record PortForward(int HostPort, int GuestPort)
{
    /// <summary>Reads <c>HOSTPORT:GUESTPORT</c>; InvalidInput when it is none.</summary>
    public static PortForward Parse(string text) =>
        text.Split(':') is [var host, var guest]
        && ushort.TryParse(host, NumberStyles.None, CultureInfo.InvariantCulture, out var hostPort)
        && ushort.TryParse(guest, NumberStyles.None, CultureInfo.InvariantCulture, out var guestPort) && guestPort > 0
            ? new PortForward(hostPort, guestPort)
            : throw new CloudletException(ErrorKind.InvalidInput, $"'{text}' is no forward: write HOSTPORT:GUESTPORT, such as 8080:80; a HOSTPORT of 0 lets a free one be chosen");

    /// <inheritdoc/>
    public override string ToString() => $"{HostPort}:{GuestPort}";
}

/// <summary>
/// The command line of a machine. Every path is relative to the folder that QEMU runs in, so that nobody has to open the folders above it to QEMU's user. What the guest sees follows from the definition alone: a sealed state fits into
/// nothing else.
/// </summary>
internal sealed record QemuArguments(VmDefinition Definition)
{
    /// <summary>The layout of machines that are made now, and the oldest one that can still be resumed.</summary>
    public const int Layout = 2, OldestLayout = 1;

    /// <summary>Folder of the sockets, QEMU's own.</summary>
    public const string Sockets = "run";

    /// <summary>Names of the sockets there.</summary>
    public const string ControlSocket = "control", ConsoleSocket = "console", AgentSocket = "agent", LoadSocket = "load";

    /// <summary>What the guest wrote to its serial port.</summary>
    public const string ConsoleLog = "console.log";

    /// <summary>Shown in process lists.</summary>
    public required string Name { get; init; }

    /// <summary>File of the guest's memory.</summary>
    public required string MemoryFile { get; init; }

    /// <summary>True: what the guest writes into its memory is written to the file. False: it is the process's alone.</summary>
    public required bool SharesMemory { get; init; }

    /// <summary>Raw disk, or what lies below <see cref="DiskLayer"/>.</summary>
    public required string Disk { get; init; }

    /// <summary>A qcow2 file that takes what the guest writes; null: the disk itself does.</summary>
    public string? DiskLayer { get; init; }

    /// <summary>True: starts paused and waits for a device state on <see cref="LoadSocket"/>; nothing of it is loaded before somebody connects.</summary>
    public bool WaitsForState { get; init; }

    /// <summary>Ports that lead into the guest.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>True: the guest reaches what this machine reaches, and this machine's own loopback as 10.0.2.2.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The arguments, without the program.</summary>
    public IReadOnlyList<string> ToList() =>
    [
        "-nodefaults", "-no-user-config", "-display", "none", "-name", Name,
        "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-accel", Definition.Accelerator == "tcg" ? "tcg,thread=multi" : Definition.Accelerator,
        "-machine", $"{Definition.Machine},memory-backend=ram,suppress-vmdesc=on", "-global", "migration.send-configuration=off",
        "-cpu", $"{Definition.Cpu},enforce", "-smp", Processors(), "-m", $"{Text(Definition.MemoryBytes >> 20)}M",
        "-object", $"memory-backend-file,id=ram,size={Text(Definition.MemoryBytes)},mem-path={MemoryFile},share={(SharesMemory ? "on" : "off")}",
        "-chardev", $"socket,id=control,path={Sockets}/{ControlSocket},server=on,wait=off", "-mon", "chardev=control,mode=control",
        .. DiskArguments(), .. DeviceArguments(),
        .. WaitsForState ? new[] { "-S", "-incoming", $"unix:{Sockets}/{LoadSocket}" } : [],
    ];

    /// <summary>
    /// Layout 2: where QEMU interprets a machine that can have one processor only, it leaves out the guest's memory barriers (<c>mb</c> of <c>-d op</c>), although its devices run in another thread. A driver that tells its
    /// device about a new request, and looks whether the device wants to be woken, needs them: without, a request may lie there for ever. A place for a second processor, which stays empty, brings the barriers back.
    /// </summary>
    private string Processors() => Definition is { Layout: >= 2, Accelerator: "tcg", Cpus: 1 } ? "1,maxcpus=2" : Text(Definition.Cpus);

    /// <summary>
    /// Every layout: every device has its place on the bus, so that no newer QEMU puts it elsewhere. There is no balloon and no reporting of free pages: QEMU 7.2 would punch holes into the base's memory file for them, even though it is
    /// mapped privately.
    /// </summary>
    private IEnumerable<string> DeviceArguments() =>
    [
        .. CardArguments(),
        "-chardev", $"socket,id=console,path={Sockets}/{ConsoleSocket},server=on,wait=off,logfile={ConsoleLog},logappend=on", "-device", "isa-serial,chardev=console,id=serial0",
        "-device", "virtio-serial-pci,id=ports,bus=pcie.0,addr=0x4,max_ports=2",
        "-chardev", $"socket,id=agent,path={Sockets}/{AgentSocket},server=on,wait=off", "-device", "virtserialport,chardev=agent,bus=ports.0,nr=1,id=agent0,name=org.qemu.guest_agent.0",
        "-object", "rng-builtin,id=chance", "-device", "virtio-rng-pci,rng=chance,id=rng0,bus=pcie.0,addr=0x5",
        "-device", "vmgenid,guid=auto,id=generation",
    ];

    private IEnumerable<string> CardArguments() => !Definition.HasCard
        ? []
        :
        [
            "-netdev", $"user,id=net,restrict={(IsOpen ? "off" : "on")}{string.Concat(Forwards.Select(f => $",hostfwd=tcp:127.0.0.1:{Text(f.HostPort)}-:{Text(f.GuestPort)}"))}",
            "-device", $"{Definition.Card ?? "virtio-net-pci"},netdev=net,id=net0,bus=pcie.0,addr=0x3,romfile=,mac=52:54:00:12:34:56",
        ];

    /// <summary>The machine has its SATA controller in any case; those of virtio take the same place.</summary>
    private IEnumerable<string> DiskDevices() => Definition.Disk switch
    {
        "sata" => ["-device", "ide-hd,drive=disk,id=disk0,bus=ide.0,bootindex=1"],
        "scsi" => ["-device", "virtio-scsi-pci,id=scsi,bus=pcie.0,addr=0x2", "-device", "scsi-hd,drive=disk,id=disk0,bus=scsi.0,bootindex=1"],
        _ => ["-device", "virtio-blk-pci,drive=disk,id=disk0,bus=pcie.0,addr=0x2,bootindex=1"],
    };

    private IEnumerable<string> DiskArguments()
    {
        const string Gives = "discard=unmap,detect-zeroes=unmap";
        return DiskLayer is null
            ? ["-blockdev", $"driver=file,node-name=disk-file,filename={Disk},discard=unmap", "-blockdev", $"driver=raw,node-name=disk,file=disk-file,{Gives}", .. DiskDevices()]
            :
            [
                "-blockdev", $"driver=file,node-name=base-file,filename={Disk},read-only=on", "-blockdev", "driver=raw,node-name=base,file=base-file,read-only=on",
                "-blockdev", $"driver=file,node-name=disk-file,filename={DiskLayer},discard=unmap", "-blockdev", $"driver=qcow2,node-name=disk,file=disk-file,backing=base,{Gives}", .. DiskDevices(),
            ];
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
