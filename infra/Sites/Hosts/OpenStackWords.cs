using Pulumi;

namespace Cloudlet.Sites;

/// <summary>A host's role in a cloud.</summary>
[EnumType]
public readonly record struct OpenStackRole
{
    private readonly string _word;

    private OpenStackRole(string word) => _word = word;

    /// <summary>Controller and compute host in one.</summary>
    public static OpenStackRole AllInOne { get; } = new("all-in-one");

    /// <summary>Everything but guests.</summary>
    public static OpenStackRole Controller { get; } = new("controller");

    /// <summary>Guests alone.</summary>
    public static OpenStackRole Compute { get; } = new("compute");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(OpenStackRole value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}

/// <summary>What forwards the packets of guests.</summary>
[EnumType]
public readonly record struct OpenStackDatapath
{
    private readonly string _word;

    private OpenStackDatapath(string word) => _word = word;

    /// <summary>The kernel's module.</summary>
    public static OpenStackDatapath Kernel { get; } = new("kernel");

    /// <summary>Open vSwitch itself.</summary>
    public static OpenStackDatapath Userspace { get; } = new("userspace");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(OpenStackDatapath value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}

/// <summary>What guests run on.</summary>
[EnumType]
public readonly record struct OpenStackVirtualization
{
    private readonly string _word;

    private OpenStackVirtualization(string word) => _word = word;

    /// <summary>The kernel's virtualization.</summary>
    public static OpenStackVirtualization Kvm { get; } = new("kvm");

    /// <summary>Emulation.</summary>
    public static OpenStackVirtualization Qemu { get; } = new("qemu");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(OpenStackVirtualization value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}
