using Pulumi;

namespace Cloudlet.Sites;

/// <summary>
/// The role of a host in a cloudlet of Nova. It stands for packages, links, files and units; what the host itself declares about any of
/// these overrides the role.
/// </summary>
public sealed class NovaArgs : ResourceArgs
{
    /// <summary>single-node: everything on one host; controller: everything but nova-compute; compute: nova-compute alone.</summary>
    [Input("role", required: true)]
    public required Input<NovaRole> Role { get; set; }

    /// <summary>
    /// none: everyone who reaches the services is an administrator (the default of a single node, whose services then are on loopback; must
    /// be explicit for other roles); keystone: Keystone authenticates callers.
    /// </summary>
    [Input("auth")]
    public Input<NovaAuth>? Auth { get; set; }

    /// <summary>
    /// Link by which other hosts reach this one: its first address is my_ip of a controller or compute host. On a single node it only has
    /// to exist.
    /// </summary>
    [Input("publicInterface")]
    public Input<string>? PublicInterface { get; set; }

    /// <summary>
    /// Link of the guests' flat network, and of my_ip on a single node: one declared under links, a second card with kind: existing, or a
    /// dummy that the role declares when address is given.
    /// </summary>
    [Input("flatInterface")]
    public Input<string>? FlatInterface { get; set; }

    /// <summary>
    /// Address with prefix length that the role gives to the flat interface, e.g. 10.80.0.1/24; then the flat interface is a dummy, unless
    /// the host's links say otherwise.
    /// </summary>
    [Input("address")]
    public Input<string>? Address { get; set; }

    /// <summary>
    /// What guests run on: kvm (the default), qemu (emulation), or fake (no guests; servers become ACTIVE at once).
    /// </summary>
    [Input("virtualization")]
    public Input<NovaVirtualization>? Virtualization { get; set; }

    /// <summary>Seconds between two reports of a service (default 10, as Nova's).</summary>
    [Input("reportInterval")]
    public Input<int>? ReportInterval { get; set; }

    /// <summary>Seconds without a report after which a service counts as down (default 60, as Nova's); more than reportInterval.</summary>
    [Input("serviceDownTime")]
    public Input<int>? ServiceDownTime { get; set; }

    /// <summary>Address or name of the controller; only for a compute host.</summary>
    [Input("controller")]
    public Input<string>? Controller { get; set; }

    /// <summary>How to reach Keystone, with auth: keystone. The password is in the secret `keystone`.</summary>
    [Input("keystone")]
    public Input<KeystoneArgs>? Keystone { get; set; }

    /// <summary>
    /// Databases of a controller with auth: keystone, each the name of a secret with the whole connection URL; when left out, SQLite on the
    /// host.
    /// </summary>
    [Input("databases")]
    public Input<NovaDatabasesArgs>? Databases { get; set; }

    [Input("options")]
    private InputMap<InputMap<InputMap<object>>>? _options;

    /// <summary>
    /// Further options, which override those of the role: file (nova.conf, nova-compute.conf, placement.conf, glance-api.conf), section,
    /// name; a list is an option given several times, ~ removes one.
    /// </summary>
    public InputMap<InputMap<InputMap<object>>> Options
    {
        get => _options ??= [];
        set => _options = value;
    }
}

/// <summary>How to reach Keystone.</summary>
public sealed class KeystoneArgs : ResourceArgs
{
    /// <summary>Keystone's URL, e.g. https://keystone.example:5000.</summary>
    [Input("url", required: true)]
    public required Input<string> Url { get; set; }

    /// <summary>Region whose endpoints are used; the catalog decides when left out.</summary>
    [Input("region")]
    public Input<string>? Region { get; set; }

    /// <summary>Project of the services' account (default service).</summary>
    [Input("project")]
    public Input<string>? Project { get; set; }

    /// <summary>Account of the services (default nova).</summary>
    [Input("username")]
    public Input<string>? Username { get; set; }
}

/// <summary>Databases, each the name of a secret with the connection URL.</summary>
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
