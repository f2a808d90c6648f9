using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudSubnets;

/// <summary>One subnet of a network of the cloud.</summary>
[Description("One subnet of a network of the cloud.")]
public sealed record CloudSubnetSection
{
    /// <summary>Network.</summary>
    [Description("Name of its network.")]
    public string? Network { get; init; }

    /// <summary>Cidr.</summary>
    [Description("Its addresses, e.g. 192.168.100.0/24.")]
    public string? Cidr { get; init; }

    /// <summary>Gateway.</summary>
    [Description("Address of its router, or none (default: its first address).")]
    public string? Gateway { get; init; }

    /// <summary>Pools.</summary>
    [Description("Ranges that servers get addresses from, each as FIRST-LAST (default: all).")]
    public IReadOnlyList<string>? Pools { get; init; }

    /// <summary>Dns.</summary>
    [Description("Name servers that servers are told (default: none).")]
    public IReadOnlyList<string>? Dns { get; init; }

    /// <summary>Dhcp.</summary>
    [Description("Whether servers get their address by DHCP (default: true).")]
    public bool? Dhcp { get; init; }

    /// <summary>Description.</summary>
    [Description("What it is for.")]
    public string? Description { get; init; }
}

/// <summary>The section <c>cloudSubnets</c> of a host.</summary>
public static class HostCloudSubnets
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudSubnets";

    extension(HostSection host)
    {
        /// <summary>Name → subnet.</summary>
        public IReadOnlyDictionary<string, CloudSubnetSection>? CloudSubnets
        {
            get => host.Section<CloudSubnetSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
