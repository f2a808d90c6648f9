using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudSecurityGroups;

/// <summary>One rule of a security group.</summary>
[Description("One rule of a security group; without any key it allows everything to servers over IPv4.")]
public sealed record CloudRuleSection
{
    /// <summary>Its direction.</summary>
    [Description("ingress (to servers, the default) or egress.")]
    public string? Direction { get; init; }

    /// <summary>Its protocol.</summary>
    [Description("Its protocol, e.g. tcp, udp or icmp (default: every one).")]
    public string? Protocol { get; init; }

    /// <summary>Its ports.</summary>
    [Description("A port like 22, or a range like 8000-8080 (default: every one).")]
    [SchemaPattern("^[0-9]{1,5}(-[0-9]{1,5})?$")]
    public string? Ports { get; init; }

    /// <summary>Addresses on the other side.</summary>
    [Description("Addresses on the other side, e.g. 192.0.2.0/24 (default: all of IPv4).")]
    public string? Remote { get; init; }

    /// <summary>The group on the other side.</summary>
    [Description("Name of the security group whose servers are on the other side.")]
    public string? Group { get; init; }

    /// <summary>The rule that a valid section describes. All addresses of a family are the same as no limit.</summary>
    internal CloudRule ToRule() =>
        new(Direction ?? CloudRule.Ingress, Remote?.Contains(':') == true || Protocol == "ipv6-icmp" ? "IPv6" : "IPv4")
        {
            Protocol = Protocol,
            Ports = Ports is null ? null : CloudRule.PortsOf(Ports),
            Remote = Remote is "0.0.0.0/0" or "::/0" ? null : Remote,
            Group = Group,
        };
}
