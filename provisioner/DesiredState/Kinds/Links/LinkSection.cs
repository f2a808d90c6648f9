using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>One link.</summary>
[Description("One network link with its addresses and routes.")]
public sealed record LinkSection
{
    /// <summary>Kind of the link.</summary>
    [Description("Kind of the link; `existing` configures an existing link, such as a network card.")]
    public LinkKind? Kind { get; init; }

    /// <summary>Lower link.</summary>
    [Description("The lower link of a vlan, macvlan or vxlan.")]
    public string? Parent { get; init; }

    /// <summary>The other end of a veth.</summary>
    [Description("The other end of a veth.")]
    public string? Peer { get; init; }

    /// <summary>VLAN or VXLAN id.</summary>
    [Description("VLAN id (1-4094) of a vlan, network identifier (0-16777215) of a vxlan.")]
    [SchemaRange(0, LinkRules.MaxVxlanId)]
    public int? Id { get; init; }

    /// <summary>VXLAN local tunnel address.</summary>
    [Description("Local tunnel address of a vxlan.")]
    public string? Local { get; init; }

    /// <summary>VXLAN remote address or group.</summary>
    [Description("Remote address or multicast group of a vxlan.")]
    public string? Remote { get; init; }

    /// <summary>VXLAN port.</summary>
    [Description("UDP destination port of a vxlan (default 4789).")]
    [SchemaRange(1, 65535)]
    public int? Port { get; init; }

    /// <summary>macvlan mode.</summary>
    [Description("Mode of a macvlan: private, vepa, bridge (the default) or passthru.")]
    [SchemaPattern("^(private|vepa|bridge|passthru)$")]
    public string? Mode { get; init; }

    /// <summary>Spanning tree.</summary>
    [Description("Spanning tree on a bridge.")]
    public bool? Stp { get; init; }

    /// <summary>Hardware address.</summary>
    [Description(
        "Hardware address, aa:bb:cc:dd:ee:ff. Without one, a link that Provision creates gets a stable one derived from host and link name."
    )]
    [SchemaPattern("^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$")]
    public string? Mac { get; init; }

    /// <summary>MTU in bytes.</summary>
    [Description("Maximum transmission unit in bytes, 68-65535.")]
    [SchemaRange(LinkRules.MinMtu, LinkRules.MaxMtu)]
    public int? Mtu { get; init; }

    /// <summary>Administrative state.</summary>
    [Description("Administratively up (the default) or down.")]
    public bool? Up { get; init; }

    /// <summary>Promiscuous mode.</summary>
    [Description("Receive every frame.")]
    public bool? Promiscuous { get; init; }

    /// <summary>Accepts router advertisements.</summary>
    [Description("Accept addresses and routes from IPv6 router advertisements (default false). Only for links that Provision creates.")]
    public bool? AcceptRa { get; init; }

    /// <summary>The bridge that has this link as a port.</summary>
    [Description("The bridge that has this link as a port.")]
    public string? Master { get; init; }

    /// <summary>Ports of a bridge.</summary>
    [Description("Ports of a bridge: the same as `master` on each of them.")]
    public IReadOnlyList<string>? Ports { get; init; }

    /// <summary>Addresses.</summary>
    [Description("Addresses with prefix length, e.g. 10.80.0.1/24 or fd00:80::1/64.")]
    [SchemaPattern("^[0-9A-Fa-f.:]+/[0-9]{1,3}$")]
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>What to do with addresses that are not named.</summary>
    [Description(
        "What to do with other permanent addresses of the link: remove (the default on links that Provision creates) or keep (the "
            + "default on existing links)."
    )]
    public ForeignAddresses? ForeignAddresses { get; init; }

    /// <summary>Routes.</summary>
    [Description("Routes through this link. Routes from other sources always stay.")]
    public IReadOnlyList<RouteSection>? Routes { get; init; }

    /// <summary>Needed for the host to count as online.</summary>
    [Description("Whether the boot waits for this link before the host counts as online (default false).")]
    public bool? RequiredForOnline { get; init; }

    /// <summary>Other resources that have to be as described first.</summary>
    [Description("Ids of resources that must be as described before the link is touched, such as condition:switch.")]
    [SchemaIds]
    public IReadOnlyList<string>? After { get; init; }
}

/// <summary>One route.</summary>
[Description("One route.")]
public sealed record RouteSection
{
    /// <summary>Destination.</summary>
    [Description("Destination with prefix length, or `default`.")]
    [SchemaPattern("^(default|[0-9A-Fa-f.:]+/[0-9]{1,3})$")]
    public string? To { get; init; }

    /// <summary>Gateway.</summary>
    [Description("Gateway address; without one the destination is on the link.")]
    public string? Via { get; init; }

    /// <summary>Metric.</summary>
    [Description("Metric; the smallest wins.")]
    [SchemaRange(0, int.MaxValue)]
    public int? Metric { get; init; }

    /// <summary>Source address.</summary>
    [Description("Preferred source address.")]
    public string? Source { get; init; }

    /// <summary>The gateway is a neighbour.</summary>
    [Description("The gateway is a neighbour on the link although it is not in any of the link's networks.")]
    public bool? OnLink { get; init; }
}

/// <summary>The section <c>links</c> of a host.</summary>
public static class HostLinks
{
    /// <summary>Key of the section.</summary>
    public const string Key = "links";

    extension(HostSection host)
    {
        /// <summary>Link name → link.</summary>
        public IReadOnlyDictionary<string, LinkSection>? Links
        {
            get => host.Section<LinkSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
