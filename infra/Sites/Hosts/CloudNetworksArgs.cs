using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One network of the cloud.</summary>
public sealed class CloudNetworkArgs : ResourceArgs
{
    /// <summary>Its type: flat, vlan, geneve, vxlan, gre or local (default: that of the cloud).</summary>
    [Input("type")]
    public Input<string>? Type { get; set; }

    /// <summary>Name of the physical network of a flat or vlan one, e.g. physnet1.</summary>
    [Input("physicalNetwork")]
    public Input<string>? PhysicalNetwork { get; set; }

    /// <summary>Its vlan id, or its tunnel id.</summary>
    [Input("segment")]
    public Input<int>? Segment { get; set; }

    /// <summary>Whether all projects may use it (default: false).</summary>
    [Input("shared")]
    public Input<bool>? Shared { get; set; }

    /// <summary>Whether routers may have it as their way out (default: false).</summary>
    [Input("external")]
    public Input<bool>? External { get; set; }

    /// <summary>Its MTU in bytes (default: that of the cloud).</summary>
    [Input("mtu")]
    public Input<int>? Mtu { get; set; }

    /// <summary>Whether new ports are filtered (default: that of the cloud).</summary>
    [Input("portSecurity")]
    public Input<bool>? PortSecurity { get; set; }

    /// <summary>Whether it carries traffic (default: true).</summary>
    [Input("enabled")]
    public Input<bool>? Enabled { get; set; }

    /// <summary>What it is for.</summary>
    [Input("description")]
    public Input<string>? Description { get; set; }
}

/// <summary>One subnet of a network of the cloud.</summary>
public sealed class CloudSubnetArgs : ResourceArgs
{
    [Input("pools")]
    private InputList<string>? _pools;

    [Input("dns")]
    private InputList<string>? _dns;

    /// <summary>Name of its network.</summary>
    [Input("network")]
    public Input<string>? Network { get; set; }

    /// <summary>Its addresses, e.g. 192.168.100.0/24.</summary>
    [Input("cidr")]
    public Input<string>? Cidr { get; set; }

    /// <summary>Address of its router, or none (default: its first address).</summary>
    [Input("gateway")]
    public Input<string>? Gateway { get; set; }

    /// <summary>Ranges that servers get addresses from, each as FIRST-LAST (default: all).</summary>
    public InputList<string> Pools
    {
        get => _pools ??= [];
        set => _pools = value;
    }

    /// <summary>Name servers that servers are told (default: none).</summary>
    public InputList<string> Dns
    {
        get => _dns ??= [];
        set => _dns = value;
    }

    /// <summary>Whether servers get their address by DHCP (default: true).</summary>
    [Input("dhcp")]
    public Input<bool>? Dhcp { get; set; }

    /// <summary>What it is for.</summary>
    [Input("description")]
    public Input<string>? Description { get; set; }
}

/// <summary>One router of the cloud.</summary>
public sealed class CloudRouterArgs : ResourceArgs
{
    [Input("subnets")]
    private InputList<string>? _subnets;

    /// <summary>Name of the external network that is its way out.</summary>
    [Input("external")]
    public Input<string>? External { get; set; }

    /// <summary>Names of the subnets that it connects.</summary>
    public InputList<string> Subnets
    {
        get => _subnets ??= [];
        set => _subnets = value;
    }

    /// <summary>Whether it forwards (default: true).</summary>
    [Input("enabled")]
    public Input<bool>? Enabled { get; set; }

    /// <summary>What it is for.</summary>
    [Input("description")]
    public Input<string>? Description { get; set; }
}

/// <summary>One security group.</summary>
public sealed class CloudSecurityGroupArgs : ResourceArgs
{
    [Input("rules")]
    private InputList<CloudRuleArgs>? _rules;

    /// <summary>What is allowed. Rules for egress, and from the group itself, stay as they are unless some are described.</summary>
    public InputList<CloudRuleArgs> Rules
    {
        get => _rules ??= [];
        set => _rules = value;
    }

    /// <summary>What it is for.</summary>
    [Input("description")]
    public Input<string>? Description { get; set; }
}

/// <summary>One rule of a security group; without any key it allows everything to servers over IPv4.</summary>
public sealed class CloudRuleArgs : ResourceArgs
{
    /// <summary>ingress (to servers, the default) or egress.</summary>
    [Input("direction")]
    public Input<string>? Direction { get; set; }

    /// <summary>Its protocol, e.g. tcp, udp or icmp (default: every one).</summary>
    [Input("protocol")]
    public Input<string>? Protocol { get; set; }

    /// <summary>A port like 22, or a range like 8000-8080 (default: every one).</summary>
    [Input("ports")]
    public Input<string>? Ports { get; set; }

    /// <summary>Addresses on the other side, e.g. 192.0.2.0/24 (default: all of IPv4).</summary>
    [Input("remote")]
    public Input<string>? Remote { get; set; }

    /// <summary>Name of the security group whose servers are on the other side.</summary>
    [Input("group")]
    public Input<string>? Group { get; set; }
}
