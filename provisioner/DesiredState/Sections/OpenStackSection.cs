using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Sections;

/// <summary>The role of a host in a cloud.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OpenStackRole>))]
public enum OpenStackRole
{
    /// <summary>Controller and compute host in one.</summary>
    [JsonStringEnumMemberName("all-in-one")]
    AllInOne,

    /// <summary>Everything but guests.</summary>
    [JsonStringEnumMemberName("controller")]
    Controller,

    /// <summary>Guests alone.</summary>
    [JsonStringEnumMemberName("compute")]
    Compute,
}

/// <summary>What forwards the packets of guests.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OpenStackDatapath>))]
public enum OpenStackDatapath
{
    /// <summary>The kernel's module.</summary>
    [JsonStringEnumMemberName("kernel")]
    Kernel,

    /// <summary>Open vSwitch itself.</summary>
    [JsonStringEnumMemberName("userspace")]
    Userspace,
}

/// <summary>What guests run on.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OpenStackVirtualization>))]
public enum OpenStackVirtualization
{
    /// <summary>The kernel's virtualization.</summary>
    [JsonStringEnumMemberName("kvm")]
    Kvm,

    /// <summary>Emulation.</summary>
    [JsonStringEnumMemberName("qemu")]
    Qemu,
}

/// <summary>
/// The role of a host in a cloud of OpenStack; it represents everything from packages to the cloud's own accounts, over which the host's
/// own keys are layered (docs/guides/openstack.md).
/// </summary>
[Description(
    "The role of a host in a cloud of OpenStack. It represents packages, secrets, links, files, databases, units and the cloud's own "
        + "accounts and endpoints; the host's own description of these is layered over them."
)]
public sealed record OpenStackSection
{
    /// <summary>The role.</summary>
    [Description("all-in-one: everything on one host; controller: everything but guests; compute: guests of another host's cloud.")]
    public OpenStackRole? Role { get; init; }

    /// <summary>Address of the host.</summary>
    [Description(
        "Address with prefix length that the role gives to a link of its own, a bridge that needs no card, e.g. 10.80.0.1/24: the "
            + "address of this host's endpoints, guests' consoles and tunnels."
    )]
    [SchemaPattern("^[0-9A-Fa-f.:]+/[0-9]{1,3}$")]
    public string? Address { get; init; }

    /// <summary>The link with the address.</summary>
    [Description(
        "With address: name of the role's link (default cloudlet0). Without: a link of this host, described under links, whose first "
            + "address is used."
    )]
    public string? Interface { get; init; }

    /// <summary>The card of the provider's network.</summary>
    [Description(
        "Card that Neutron takes for the physical network physnet1; it carries no address. Default: a veth into the role's own link; "
            + "without that, this host has no physical network."
    )]
    public string? ProviderInterface { get; init; }

    /// <summary>The controller of a compute host.</summary>
    [Description(
        "Only for a compute host: the name of its controller in this site, from which it also gets its secrets, or an address or name "
            + "elsewhere."
    )]
    public string? Controller { get; init; }

    /// <summary>Other hosts are its compute hosts.</summary>
    [Description(
        "Only for an all-in-one: other hosts are its compute hosts, too, so broker and OVN's southbound database listen on its address "
            + "(default false)."
    )]
    public bool? ComputeHosts { get; init; }

    /// <summary>What forwards packets.</summary>
    [Description(
        "What forwards the packets of guests: kernel (the default; its module openvswitch), or userspace (Open vSwitch itself: slower, "
            + "for machines without the module)."
    )]
    public OpenStackDatapath? Datapath { get; init; }

    /// <summary>What guests run on.</summary>
    [Description("What guests run on: kvm (the default), or qemu (emulation).")]
    public OpenStackVirtualization? Virtualization { get; init; }

    /// <summary>The region.</summary>
    [Description("Name of the region (default RegionOne).")]
    public string? Region { get; init; }

    /// <summary>The dashboard.</summary>
    [Description("Whether the host serves the dashboard, Horizon, on port 80 (default true; not on a compute host).")]
    public bool? Dashboard { get; init; }

    /// <summary>Further options.</summary>
    [Description(
        "Further options, layered over those of the role: file (keystone.conf, glance-api.conf, placement.conf, nova.conf, "
            + "nova-compute.conf, neutron.conf, ml2_conf.ini, neutron_ovn_metadata_agent.ini), section, name; a list is an option "
            + "given several times, ~ removes one."
    )]
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, OsloValue>>>? Options { get; init; }
}
