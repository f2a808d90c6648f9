using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One network link with its addresses and routes.</summary>
public sealed class LinkArgs : ResourceArgs
{
    /// <summary>Kind of the link; `existing` configures a link that exists already, such as a network card.</summary>
    [Input("kind", required: true)]
    public required Input<LinkKind> Kind { get; set; }

    /// <summary>The lower link of a vlan, macvlan or vxlan.</summary>
    [Input("parent")]
    public Input<string>? Parent { get; set; }

    /// <summary>The other end of a veth.</summary>
    [Input("peer")]
    public Input<string>? Peer { get; set; }

    /// <summary>VLAN id (1-4094) of a vlan, network identifier (0-16777215) of a vxlan.</summary>
    [Input("id")]
    public Input<int>? Id { get; set; }

    /// <summary>Local tunnel address of a vxlan.</summary>
    [Input("local")]
    public Input<string>? Local { get; set; }

    /// <summary>Remote address or multicast group of a vxlan.</summary>
    [Input("remote")]
    public Input<string>? Remote { get; set; }

    /// <summary>UDP destination port of a vxlan (default 4789).</summary>
    [Input("port")]
    public Input<int>? Port { get; set; }

    /// <summary>Mode of a macvlan: private, vepa, bridge (the default) or passthru.</summary>
    [Input("mode")]
    public Input<string>? Mode { get; set; }

    /// <summary>Spanning tree on a bridge.</summary>
    [Input("stp")]
    public Input<bool>? Stp { get; set; }

    /// <summary>
    /// Hardware address, aa:bb:cc:dd:ee:ff. Without one, a link that Provision creates gets a stable one derived from host and link name.
    /// </summary>
    [Input("mac")]
    public Input<string>? Mac { get; set; }

    /// <summary>Maximum transmission unit in bytes, 68-65535.</summary>
    [Input("mtu")]
    public Input<int>? Mtu { get; set; }

    /// <summary>Administratively up (the default) or down.</summary>
    [Input("up")]
    public Input<bool>? Up { get; set; }

    /// <summary>Receive every frame.</summary>
    [Input("promiscuous")]
    public Input<bool>? Promiscuous { get; set; }

    /// <summary>The bridge this link is a port of.</summary>
    [Input("master")]
    public Input<string>? Master { get; set; }

    [Input("ports")]
    private InputList<string>? _ports;

    /// <summary>Ports of a bridge: the same as `master` at each of them.</summary>
    public InputList<string> Ports
    {
        get => _ports ??= [];
        set => _ports = value;
    }

    /// <summary>Accept addresses and routes from IPv6 router advertisements (default false); only for links that we create.</summary>
    [Input("acceptRa")]
    public Input<bool>? AcceptRa { get; set; }

    [Input("addresses")]
    private InputList<string>? _addresses;

    /// <summary>Addresses with prefix length, e.g. 10.80.0.1/24 or fd00:80::1/64.</summary>
    public InputList<string> Addresses
    {
        get => _addresses ??= [];
        set => _addresses = value;
    }

    /// <summary>
    /// What to do with other permanent addresses of the link: remove (the default on links that Provision creates) or keep (the default on
    /// existing links).
    /// </summary>
    [Input("foreignAddresses")]
    public Input<ForeignAddresses>? ForeignAddresses { get; set; }

    [Input("routes")]
    private InputList<RouteArgs>? _routes;

    /// <summary>Routes through this link. Routes from other sources always stay.</summary>
    public InputList<RouteArgs> Routes
    {
        get => _routes ??= [];
        set => _routes = value;
    }

    /// <summary>Whether the boot waits for this link before the host counts as online (default false).</summary>
    [Input("requiredForOnline")]
    public Input<bool>? RequiredForOnline { get; set; }

    [Input("after")]
    private InputList<string>? _after;

    /// <summary>What must be as described before the link is changed: ids such as condition:mirror.</summary>
    public InputList<string> After
    {
        get => _after ??= [];
        set => _after = value;
    }
}

/// <summary>One route.</summary>
public sealed class RouteArgs : ResourceArgs
{
    /// <summary>Destination with prefix length, or `default`.</summary>
    [Input("to", required: true)]
    public required Input<string> To { get; set; }

    /// <summary>Gateway address; without one the destination is on the link.</summary>
    [Input("via")]
    public Input<string>? Via { get; set; }

    /// <summary>Metric; the smallest wins.</summary>
    [Input("metric")]
    public Input<int>? Metric { get; set; }

    /// <summary>Preferred source address.</summary>
    [Input("source")]
    public Input<string>? Source { get; set; }

    /// <summary>The gateway is a neighbour on the link although it lies in none of the link's networks.</summary>
    [Input("onLink")]
    public Input<bool>? OnLink { get; set; }
}
