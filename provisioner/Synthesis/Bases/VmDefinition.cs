namespace Cloudlet.Synthesis.Bases;

/// <summary>The machine that a sealed state fits into. It is part of a base's identity: memory and device state mean nothing in another machine.</summary>
public sealed record VmDefinition
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
}
