using Pulumi;

namespace Cloudlet.Sites;

/// <summary>The role of a host in a cloudlet of Nova. It stands for packages, links, files and units; what the host says itself about any of these is laid over them.</summary>
public sealed class NovaArgs : ResourceArgs
{
    /// <summary>single-node: everything on one host; controller: everything but nova-compute; compute: nova-compute alone.</summary>
    [Input("role", required: true)]
    public required Input<NovaRole> Role { get; set; }

    /// <summary>none: whoever reaches the services is an administrator (the default of a single node, whose services are on loopback then; to be said explicitly elsewhere); keystone: Keystone says who callers are.</summary>
    [Input("auth")]
    public Input<NovaAuth>? Auth { get; set; }

    /// <summary>Link that other hosts reach this one by: its first address is my_ip of a controller or compute host. On a single node it only has to be there.</summary>
    [Input("publicInterface")]
    public Input<string>? PublicInterface { get; set; }

    /// <summary>Link of the guests' flat network, and of my_ip on a single node: one declared under links, a second card with kind: existing, or a dummy that the role declares when address is given.</summary>
    [Input("flatInterface")]
    public Input<string>? FlatInterface { get; set; }

    /// <summary>Address with prefix length that the role gives to the flat interface, e.g. 10.80.0.1/24; unless the host's links say otherwise, the flat interface is a dummy then.</summary>
    [Input("address")]
    public Input<string>? Address { get; set; }

    /// <summary>What guests run on: kvm (the default), qemu (emulation), or fake (no guests at all; servers become ACTIVE at once).</summary>
    [Input("virtualization")]
    public Input<NovaVirtualization>? Virtualization { get; set; }

    /// <summary>Seconds between two reports of a service that it is alive (default 10, as Nova's).</summary>
    [Input("reportInterval")]
    public Input<int>? ReportInterval { get; set; }

    /// <summary>Seconds without a report after which a service counts as down (default 60, as Nova's); more than reportInterval.</summary>
    [Input("serviceDownTime")]
    public Input<int>? ServiceDownTime { get; set; }

    /// <summary>Address or name of the controller; of a compute host only.</summary>
    [Input("controller")]
    public Input<string>? Controller { get; set; }

    /// <summary>How Keystone is reached, with auth: keystone. The password is in the secret `keystone`.</summary>
    [Input("keystone")]
    public Input<KeystoneArgs>? Keystone { get; set; }

    /// <summary>Databases of a controller with auth: keystone, each the name of a secret that holds the whole connection URL; SQLite on the host where left out.</summary>
    [Input("databases")]
    public Input<NovaDatabasesArgs>? Databases { get; set; }

    [Input("options")]
    private InputMap<InputMap<InputMap<object>>>? options;

    /// <summary>Further options, laid over those of the role: file (nova.conf, nova-compute.conf, placement.conf, glance-api.conf), section, name; a list is an option given several times, ~ takes one out.</summary>
    public InputMap<InputMap<InputMap<object>>> Options
    {
        get => options ??= [];
        set => options = value;
    }
}

/// <summary>How Keystone is reached.</summary>
public sealed class KeystoneArgs : ResourceArgs
{
    /// <summary>Keystone's URL, e.g. https://keystone.example:5000.</summary>
    [Input("url", required: true)]
    public required Input<string> Url { get; set; }

    /// <summary>Region whose endpoints are used; left to the catalog when left out.</summary>
    [Input("region")]
    public Input<string>? Region { get; set; }

    /// <summary>Project of the services' account (default service).</summary>
    [Input("project")]
    public Input<string>? Project { get; set; }

    /// <summary>Account of the services (default nova).</summary>
    [Input("username")]
    public Input<string>? Username { get; set; }
}

/// <summary>Databases, each the name of a secret that holds the connection URL.</summary>
public sealed class NovaDatabasesArgs : ResourceArgs
{
    /// <summary>Secret with the URL of Nova's API database.</summary>
    [Input("api_database")]
    public Input<string>? ApiDatabase { get; set; }

    /// <summary>Secret with the URL of Nova's database, that of its cell.</summary>
    [Input("database")]
    public Input<string>? Database { get; set; }

    /// <summary>Secret with the URL of placement's database.</summary>
    [Input("placement_database")]
    public Input<string>? PlacementDatabase { get; set; }

    /// <summary>Secret with the URL of Glance's database.</summary>
    [Input("glance_database")]
    public Input<string>? GlanceDatabase { get; set; }
}
