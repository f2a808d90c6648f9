using Pulumi;

namespace Cloudlet.Sites;

/// <summary>A host's role in Nova.</summary>
[EnumType]
public readonly record struct NovaRole
{
    private readonly string _word;

    private NovaRole(string word) => _word = word;

    /// <summary>Controller and compute host in one.</summary>
    public static NovaRole SingleNode { get; } = new("single-node");

    /// <summary>Everything but the compute service.</summary>
    public static NovaRole Controller { get; } = new("controller");

    /// <summary>The compute service alone.</summary>
    public static NovaRole Compute { get; } = new("compute");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(NovaRole value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}

/// <summary>How Nova authenticates its callers.</summary>
[EnumType]
public readonly record struct NovaAuth
{
    private readonly string _word;

    private NovaAuth(string word) => _word = word;

    /// <summary>Not at all: every caller is an administrator.</summary>
    public static NovaAuth None { get; } = new("none");

    /// <summary>Keystone.</summary>
    public static NovaAuth Keystone { get; } = new("keystone");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(NovaAuth value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}

/// <summary>What guests run on.</summary>
[EnumType]
public readonly record struct NovaVirtualization
{
    private readonly string _word;

    private NovaVirtualization(string word) => _word = word;

    /// <summary>No guests: Nova's own fake driver, for tests.</summary>
    public static NovaVirtualization Fake { get; } = new("fake");

    /// <summary>Emulation.</summary>
    public static NovaVirtualization Qemu { get; } = new("qemu");

    /// <summary>The kernel's virtualization (KVM).</summary>
    public static NovaVirtualization Kvm { get; } = new("kvm");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(NovaVirtualization value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}
