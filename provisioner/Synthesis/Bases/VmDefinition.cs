using System.Text.RegularExpressions;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Bases;

/// <summary>The machine that a sealed state fits into. It is part of a base's identity: memory and device state mean nothing in another machine.</summary>
public sealed partial record VmDefinition
{
    /// <summary>Which devices it has, and where: the runtime knows each layout by its number. A number instead of arguments: a definition comes from strangers, too.</summary>
    public required int Layout { get; init; }

    /// <summary>Versioned machine type, e.g. <c>pc-q35-7.2</c>.</summary>
    public required string Machine { get; init; }

    /// <summary>What runs the guest's instructions: <c>tcg</c> or <c>kvm</c>.</summary>
    public required string Accelerator { get; init; }

    /// <summary>CPU model and features as QEMU's <c>-cpu</c> takes them, e.g. <c>Westmere,+rdrand</c>.</summary>
    public required string Cpu { get; init; }

    /// <summary>Virtual processors.</summary>
    public required int Cpus { get; init; }

    /// <summary>Guest memory, bytes; a multiple of 1 MiB.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Version of the QEMU that sealed the state, e.g. <c>7.2.22</c>.</summary>
    public required string QemuVersion { get; init; }

    /// <summary>What the disk is attached by: <c>scsi</c> (virtio-scsi), <c>sata</c>, or null for virtio-blk.</summary>
    public string? Disk { get; init; }

    /// <summary>The network card: <c>e1000e</c>, <c>vmxnet3</c>, <c>none</c>, or null for virtio-net.</summary>
    public string? Card { get; init; }

    /// <summary>What <see cref="Disk"/> and <see cref="Card"/> are when they are null. Bases that were sealed when there was nothing else keep their ids.</summary>
    public const string Virtio = "virtio";

    /// <summary>What <see cref="Disk"/> and <see cref="Card"/> may be otherwise.</summary>
    public static IReadOnlyList<string> OtherDisks { get; } = ["scsi", "sata"];

    /// <inheritdoc cref="OtherDisks"/>
    public static IReadOnlyList<string> OtherCards { get; } = ["e1000e", "vmxnet3", NoCard];

    private const string NoCard = "none";

    /// <summary>Smallest and largest guest memory, bytes.</summary>
    public const long LeastMemory = 64L << 20, MostMemory = 1L << 40;

    /// <summary>Most virtual processors.</summary>
    public const int MostCpus = 64;

    /// <summary>Everything that is wrong with it, in words; empty when nothing is. What comes out right can't say more to QEMU than its properties mean.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (Layout is < QemuArguments.OldestLayout or > QemuArguments.Layout)
            problems.Add($"device layout {Layout} is none that this version knows (it knows {QemuArguments.OldestLayout} to {QemuArguments.Layout}): a newer cloudlet made it");
        if (!MachinePattern().IsMatch(Machine))
            problems.Add($"'{Machine}' is no versioned q35 machine type such as pc-q35-7.2");
        if (Accelerator is not ("tcg" or "kvm"))
            problems.Add($"'{Accelerator}' is no accelerator: there are tcg and kvm");
        if (!CpuPattern().IsMatch(Cpu))
            problems.Add($"'{Cpu}' is no CPU model with features such as Westmere,+rdrand,-aes");
        if (Cpus is < 1 or > MostCpus)
            problems.Add($"{Cpus} processors are not between 1 and {MostCpus}");
        if (MemoryBytes is < LeastMemory or > MostMemory || MemoryBytes % (1 << 20) != 0)
            problems.Add($"{MemoryBytes} bytes of memory are no whole MiB between {LeastMemory >> 20} MiB and {MostMemory >> 30} GiB");
        if (Disk is not null && !OtherDisks.Contains(Disk))
            problems.Add($"'{Disk}' attaches no disk: there are {Virtio}, {string.Join(", ", OtherDisks)}");
        if (Card is not null && !OtherCards.Contains(Card))
            problems.Add($"'{Card}' is no network card: there are {Virtio}, {string.Join(", ", OtherCards)}");
        if (!VersionPattern().IsMatch(QemuVersion))
            problems.Add($"'{QemuVersion}' is no version of QEMU such as 7.2.22");
        return problems;
    }

    /// <summary>True when it is on a network.</summary>
    internal bool HasCard => Card != NoCard;

    /// <summary>InvalidInput when ports are to lead into a machine that has no card.</summary>
    internal void RequireCardFor(IReadOnlyCollection<PortForward> forwards)
    {
        if (!HasCard && forwards.Count > 0)
            throw new CloudletException(ErrorKind.InvalidInput, $"the machine has no network card, so no port leads into it (asked for: {string.Join(", ", forwards)}): make a base with --card virtio, e1000e or vmxnet3");
    }

    [GeneratedRegex(@"^pc-q35-[0-9]{1,3}\.[0-9]{1,3}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MachinePattern();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(,[+-][a-z0-9][a-z0-9._-]{0,31}){0,64}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CpuPattern();

    [GeneratedRegex(@"^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionPattern();
}
