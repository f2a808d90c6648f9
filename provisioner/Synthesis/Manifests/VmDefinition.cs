using System.Text.RegularExpressions;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Synthesis.Manifests;

/// <summary>
/// The machine that a sealed state belongs to. It is part of a base's identity: memory and device state are useless in another machine.
/// </summary>
public sealed partial record VmDefinition
{
    /// <summary>
    /// Number of the device layout, which the runtime knows. A number and not arguments, because a definition may come from an untrusted
    /// file.
    /// </summary>
    public required int Layout { get; init; }

    /// <summary>Versioned machine type, e.g. <c>pc-q35-7.2</c>.</summary>
    public required string Machine { get; init; }

    /// <summary>The accelerator: <c>tcg</c> or <c>kvm</c>.</summary>
    public required string Accelerator { get; init; }

    /// <summary>CPU model and features as QEMU's <c>-cpu</c> takes them, e.g. <c>Westmere,+rdrand</c>.</summary>
    public required string Cpu { get; init; }

    /// <summary>Virtual processors.</summary>
    public required int Cpus { get; init; }

    /// <summary>Guest memory, bytes; a multiple of 1 MiB.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Version of the QEMU that sealed the state, e.g. <c>7.2.22</c>.</summary>
    public required string QemuVersion { get; init; }

    /// <summary>How the disk is attached: <c>scsi</c> (virtio-scsi), <c>sata</c>, or null for virtio-blk.</summary>
    public string? Disk { get; init; }

    /// <summary>The network card: <c>e1000e</c>, <c>vmxnet3</c>, <c>none</c>, or null for virtio-net.</summary>
    public string? Card { get; init; }

    /// <summary>
    /// Meaning of null in <see cref="Disk"/> and <see cref="Card"/>. Null keeps the ids of bases that were sealed before there was a
    /// choice.
    /// </summary>
    public const string Virtio = "virtio";

    /// <summary>The other valid values of <see cref="Disk"/> and <see cref="Card"/>.</summary>
    public static IReadOnlyList<string> OtherDisks { get; } = ["scsi", "sata"];

    /// <inheritdoc cref="OtherDisks"/>
    public static IReadOnlyList<string> OtherCards { get; } = ["e1000e", "vmxnet3", NoCard];

    private const string NoCard = "none";

    /// <summary>The layout of new machines, and the oldest one that can be resumed.</summary>
    public const int NewestLayout = 2,
        OldestLayout = 1;

    /// <summary>Smallest and largest guest memory, bytes.</summary>
    public const long LeastMemory = 64L << 20,
        MostMemory = 1L << 40;

    /// <summary>Most virtual processors.</summary>
    public const int MostCpus = 64;

    /// <summary>
    /// Every invalid property, with its message; empty when all are valid. A valid definition can't inject options into QEMU's command
    /// line.
    /// </summary>
    public IReadOnlyList<OverlayRefusal> Problems()
    {
        var problems = new List<OverlayRefusal>();
        var (disks, cards) = ($"{Virtio}, {string.Join(", ", OtherDisks)}", $"{Virtio}, {string.Join(", ", OtherCards)}");
        if (Layout is < OldestLayout or > NewestLayout)
            problems.Add(
                OverlayRefusal.Of(
                    OverlayRefusalCode.UnknownLayout,
                    "its device layout is unknown",
                    $"{OldestLayout} to {NewestLayout}",
                    $"{Layout}",
                    "it was made by a newer cloudlet, update this one"
                )
            );
        Require(MachinePattern().IsMatch(Machine), "machine type", "a versioned q35 one such as pc-q35-7.2", $"'{Machine}'");
        if (Accelerator is not ("tcg" or "kvm"))
            problems.Add(
                new OverlayRefusal(
                    OverlayRefusalCode.UnknownAccelerator,
                    "tcg or kvm",
                    Accelerator,
                    $"its accelerator is not valid: expected tcg or kvm, found '{Accelerator}'"
                )
            );
        Require(CpuPattern().IsMatch(Cpu), "CPU model", "one with features such as Westmere,+rdrand,-aes", $"'{Cpu}'");
        Require(Cpus is >= 1 and <= MostCpus, "number of processors", $"1 to {MostCpus}", $"{Cpus}");
        Require(
            MemoryBytes is >= LeastMemory and <= MostMemory && MemoryBytes % (1 << 20) == 0,
            "memory size",
            $"whole MiB from {LeastMemory >> 20} MiB to {MostMemory >> 30} GiB",
            $"{MemoryBytes} bytes"
        );
        Require(Disk is null || OtherDisks.Contains(Disk), "disk attachment", disks, $"'{Disk}'");
        Require(Card is null || OtherCards.Contains(Card), "network card", cards, $"'{Card}'");
        Require(VersionPattern().IsMatch(QemuVersion), "version of QEMU", "one such as 7.2.22", $"'{QemuVersion}'");
        return problems;

        void Require(bool isValid, string what, string expected, string found)
        {
            if (!isValid)
                problems.Add(
                    new OverlayRefusal(
                        OverlayRefusalCode.BadMachine,
                        expected,
                        found,
                        $"its {what} is not valid: expected {expected}, found {found}"
                    )
                );
        }
    }

    /// <summary>True for a valid QEMU version such as 7.2.22.</summary>
    internal static bool IsVersion(string text) => VersionPattern().IsMatch(text);

    /// <summary>
    /// The same machine for a state that this version of QEMU wrote: it requires the newer of this one and the one that sealed the base.
    /// </summary>
    internal VmDefinition WrittenBy(string? version) =>
        version is not null && Version.Parse(version) > Version.Parse(QemuVersion) ? this with { QemuVersion = version } : this;

    /// <summary>True when it has a network card.</summary>
    internal bool HasCard => Card != NoCard;

    [GeneratedRegex(@"^pc-q35-[0-9]{1,3}\.[0-9]{1,3}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MachinePattern();

    [GeneratedRegex(
        @"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(,[+-][a-z0-9][a-z0-9._-]{0,31}){0,64}\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex CpuPattern();

    [GeneratedRegex(@"^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionPattern();
}
