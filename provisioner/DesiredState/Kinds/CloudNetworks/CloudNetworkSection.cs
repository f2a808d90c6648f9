using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudNetworks;

/// <summary>One network of the cloud.</summary>
[Description("One network of the cloud.")]
public sealed record CloudNetworkSection
{
    /// <summary>Type.</summary>
    [Description("Its type: flat, vlan, geneve, vxlan, gre or local (default: that of the cloud).")]
    public string? Type { get; init; }

    /// <summary>PhysicalNetwork.</summary>
    [Description("Name of the physical network of a flat or vlan one, e.g. physnet1.")]
    public string? PhysicalNetwork { get; init; }

    /// <summary>Segment.</summary>
    [Description("Its vlan id, or its tunnel id.")]
    [SchemaRange(1, CloudNetworksDescriptor.LargestSegment)]
    public int? Segment { get; init; }

    /// <summary>Shared.</summary>
    [Description("Whether all projects may use it (default: false).")]
    public bool? Shared { get; init; }

    /// <summary>External.</summary>
    [Description("Whether routers may have it as their way out (default: false).")]
    public bool? External { get; init; }

    /// <summary>Mtu.</summary>
    [Description("Its MTU in bytes (default: that of the cloud).")]
    [SchemaRange(68, 65535)]
    public int? Mtu { get; init; }

    /// <summary>PortSecurity.</summary>
    [Description("Whether new ports are filtered (default: that of the cloud).")]
    public bool? PortSecurity { get; init; }

    /// <summary>Enabled.</summary>
    [Description("Whether it carries traffic (default: true).")]
    public bool? Enabled { get; init; }

    /// <summary>Description.</summary>
    [Description("What it is for.")]
    public string? Description { get; init; }
}

/// <summary>The section <c>cloudNetworks</c> of a host.</summary>
public static class HostCloudNetworks
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudNetworks";

    extension(HostSection host)
    {
        /// <summary>Name → network.</summary>
        public IReadOnlyDictionary<string, CloudNetworkSection>? CloudNetworks
        {
            get => host.Section<CloudNetworkSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
