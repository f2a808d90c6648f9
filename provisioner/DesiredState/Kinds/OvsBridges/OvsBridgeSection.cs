using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.OvsBridges;

/// <summary>One bridge.</summary>
[Description("One bridge of the host's Open vSwitch.")]
public sealed record OvsBridgeSection
{
    /// <summary>Which switch forwards.</summary>
    [Description(
        "What forwards: system, the kernel's module openvswitch, or netdev, in user space (default: as it is; system for a new one)."
    )]
    [SchemaPattern("^(system|netdev)$")]
    public string? Datapath { get; init; }

    /// <summary>Without a controller.</summary>
    [Description("What the bridge does without a controller: standalone, it learns addresses, or secure, it forwards nothing.")]
    [SchemaPattern("^(standalone|secure)$")]
    public string? FailMode { get; init; }

    /// <summary>Its ports.</summary>
    [Description("Links of this host that are its ports. Ports that others added stay.")]
    public IReadOnlyList<string>? Ports { get; init; }
}
