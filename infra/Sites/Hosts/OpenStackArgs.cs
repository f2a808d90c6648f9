using Pulumi;

namespace Cloudlet.Sites;

/// <summary>
/// The role of a host in a cloud of OpenStack. It stands for packages, secrets, links, files, databases, units and the cloud's own accounts
/// and endpoints; what the host itself declares about any of these overrides the role.
/// </summary>
public sealed class OpenStackArgs : ResourceArgs
{
    /// <summary>
    /// all-in-one: everything on one host; controller: everything but guests; compute: guests of another host's cloud.
    /// </summary>
    [Input("role", required: true)]
    public required Input<OpenStackRole> Role { get; set; }

    /// <summary>
    /// Address with prefix length that the role gives to a link of its own, a bridge that needs no card, e.g. 10.80.0.1/24.
    /// </summary>
    [Input("address")]
    public Input<string>? Address { get; set; }

    /// <summary>With address: name of the role's link (default cloudlet0). Without: a declared link, whose first address is used.</summary>
    [Input("interface")]
    public Input<string>? Interface { get; set; }

    /// <summary>Card that Neutron takes for the physical network physnet1. Default: a veth into the role's own link.</summary>
    [Input("providerInterface")]
    public Input<string>? ProviderInterface { get; set; }

    /// <summary>Address or name of the controller; only for a compute host.</summary>
    [Input("controller")]
    public Input<string>? Controller { get; set; }

    /// <summary>Only for an all-in-one: other hosts are its compute hosts, too (default false).</summary>
    [Input("computeHosts")]
    public Input<bool>? ComputeHosts { get; set; }

    /// <summary>What forwards the packets of guests: kernel (the default), or userspace.</summary>
    [Input("datapath")]
    public Input<OpenStackDatapath>? Datapath { get; set; }

    /// <summary>What guests run on: kvm (the default), or qemu (emulation).</summary>
    [Input("virtualization")]
    public Input<OpenStackVirtualization>? Virtualization { get; set; }

    /// <summary>Name of the region (default RegionOne).</summary>
    [Input("region")]
    public Input<string>? Region { get; set; }

    /// <summary>Whether the host serves the dashboard, Horizon, on port 80 (default true; not on a compute host).</summary>
    [Input("dashboard")]
    public Input<bool>? Dashboard { get; set; }

    [Input("options")]
    private InputMap<InputMap<InputMap<object>>>? _options;

    /// <summary>
    /// Further options, which override those of the role: file (keystone.conf, nova.conf, neutron.conf and others), section, name; a list
    /// is an option given several times, ~ removes one.
    /// </summary>
    public InputMap<InputMap<InputMap<object>>> Options
    {
        get => _options ??= [];
        set => _options = value;
    }
}
