namespace Cloudlet.ServiceApi.Contracts;

/// <summary>The machine of a base that can be resumed.</summary>
/// <param name="Type">Versioned machine type, e.g. <c>pc-q35-7.2</c>.</param>
/// <param name="Cpu">CPU model and features.</param>
/// <param name="Cpus">Virtual processors.</param>
/// <param name="Accelerator"><c>kvm</c> or <c>tcg</c>.</param>
/// <param name="Disk">How the disk is attached.</param>
/// <param name="Card">The network card.</param>
/// <param name="QemuVersion">The QEMU that sealed it.</param>
public sealed record MachineView(string Type, string Cpu, int Cpus, string Accelerator, string Disk, string Card, string QemuVersion);

/// <summary>A base.</summary>
/// <param name="Id">64 hexadecimal digits: its content's address.</param>
/// <param name="Sealed">True when VMs can be resumed from it; false for a disk alone.</param>
/// <param name="DiskBytes">Size of its disk, bytes.</param>
public sealed record BaseView(string Id, bool Sealed, long DiskBytes)
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>Size of its memory, bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Its machine.</summary>
    public MachineView? Machine { get; init; }

    /// <summary>The only project that can use it. Without one it is public.</summary>
    public string? Project { get; init; }
}

/// <summary>Makes a base, from exactly one of an upload, a URL and another base.</summary>
public sealed record CreateBaseRequest
{
    /// <summary>Id of a complete upload: an exported base, or the image of a disk.</summary>
    public string? Upload { get; init; }

    /// <summary>http(s) URL of an exported base.</summary>
    public string? Url { get; init; }

    /// <summary>Name or id of a base that is a disk alone; <see cref="Boot"/> says how to boot it.</summary>
    public string? From { get; init; }

    /// <summary>Its name: lower-case letters, digits and dashes, at most 40.</summary>
    public string? Name { get; init; }

    /// <summary>Format of an image: raw, qcow2, vmdk, vdi or vhdx. Without it, the content tells.</summary>
    public string? Format { get; init; }

    /// <summary>Boots the disk and seals the machine when it is ready. Without it, the base is a disk alone.</summary>
    public BootRequest? Boot { get; init; }

    /// <summary>True: every project can use it. Only administrators make public bases.</summary>
    public bool Public { get; init; }
}

/// <summary>The machine that a disk is booted in, and when it is ready to be sealed.</summary>
public sealed record BootRequest
{
    /// <summary>Memory, MiB.</summary>
    public int MemoryMib { get; set; } = 512;

    /// <summary>Virtual processors.</summary>
    public int Cpus { get; set; } = 1;

    /// <summary>CPU model and features, as QEMU takes them.</summary>
    public string? Cpu { get; init; }

    /// <summary>kvm or tcg. Without it, kvm where it works.</summary>
    public string? Accelerator { get; init; }

    /// <summary>How the disk is attached: virtio, scsi or sata.</summary>
    public string? Disk { get; init; }

    /// <summary>The network card: virtio, e1000e, vmxnet3 or none.</summary>
    public string? Card { get; init; }

    /// <summary>When it is ready: serial:TEXT, port:NUMBER, idle:SECONDS or time:SECONDS.</summary>
    public string Until { get; set; } = "idle:5";

    /// <summary>How long it may take to be ready, seconds.</summary>
    public int TimeoutSeconds { get; set; } = 600;

    /// <summary>True: the guest reaches every network that this host reaches.</summary>
    public bool OpenNetwork { get; init; }
}
