using System.ComponentModel;
using System.Text.Json.Serialization;
using Cloudlet.DesiredState.Site.Structure;

namespace Cloudlet.DesiredState.Site;

/// <summary>What a host does for Nova.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NovaRole>))]
public enum NovaRole
{
    /// <summary>Controller and compute host in one.</summary>
    [JsonStringEnumMemberName("single-node")] SingleNode,

    /// <summary>Everything but the compute service.</summary>
    [JsonStringEnumMemberName("controller")] Controller,

    /// <summary>The compute service alone.</summary>
    [JsonStringEnumMemberName("compute")] Compute,
}

/// <summary>Who tells Nova who its callers are.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NovaAuth>))]
public enum NovaAuth
{
    /// <summary>Nobody: every caller is an administrator.</summary>
    [JsonStringEnumMemberName("none")] None,

    /// <summary>Keystone.</summary>
    [JsonStringEnumMemberName("keystone")] Keystone,
}

/// <summary>What guests run on.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NovaVirtualization>))]
public enum NovaVirtualization
{
    /// <summary>Nothing: Nova's own fake driver, for tests.</summary>
    [JsonStringEnumMemberName("fake")] Fake,

    /// <summary>Emulation.</summary>
    [JsonStringEnumMemberName("qemu")] Qemu,

    /// <summary>The kernel's virtualization.</summary>
    [JsonStringEnumMemberName("kvm")] Kvm,
}

/// <summary>The role of a host in a cloudlet of Nova; it stands for packages, links, files and units, over which the host's own keys are laid (docs/guides/nova.md).</summary>
[Description("The role of a host in a cloudlet of Nova. It stands for packages, links, files and units; what the host says itself about any of these is laid over them.")]
public sealed record NovaSection
{
    /// <summary>What the host does.</summary>
    [Description("single-node: everything on one host; controller: everything but nova-compute; compute: nova-compute alone.")]
    public NovaRole? Role { get; init; }

    /// <summary>Who vouches for callers.</summary>
    [Description("none: whoever reaches the services is an administrator (the default of a single node, whose services are on loopback then; to be said explicitly elsewhere); keystone: Keystone says who callers are.")]
    public NovaAuth? Auth { get; init; }

    /// <summary>The link that other hosts reach it by.</summary>
    [Description("Link that other hosts reach this one by: its first address is my_ip of a controller or compute host. On a single node it only has to be there.")]
    public string? PublicInterface { get; init; }

    /// <summary>The link of the guests' network.</summary>
    [Description("Link of the guests' flat network, and of my_ip on a single node: one declared under links, a second card with kind: existing, or a dummy that the role declares when address is given.")]
    public string? FlatInterface { get; init; }

    /// <summary>Address of the flat interface.</summary>
    [Description("Address with prefix length that the role gives to the flat interface, e.g. 10.80.0.1/24; unless the host's links say otherwise, the flat interface is a dummy then.")]
    [SchemaPattern("^[0-9A-Fa-f.:]+/[0-9]{1,3}$")]
    public string? Address { get; init; }

    /// <summary>What guests run on.</summary>
    [Description("What guests run on: kvm (the default), qemu (emulation), or fake (no guests at all; servers become ACTIVE at once).")]
    public NovaVirtualization? Virtualization { get; init; }

    /// <summary>Seconds between reports.</summary>
    [Description("Seconds between two reports of a service that it is alive (default 10, as Nova's).")]
    [SchemaRange(1, 3600)]
    public int? ReportInterval { get; init; }

    /// <summary>Seconds until a service counts as down.</summary>
    [Description("Seconds without a report after which a service counts as down (default 60, as Nova's); more than reportInterval.")]
    [SchemaRange(2, 86400)]
    public int? ServiceDownTime { get; init; }

    /// <summary>The controller of a compute host.</summary>
    [Description("Address or name of the controller; of a compute host only.")]
    public string? Controller { get; init; }

    /// <summary>How Keystone is reached.</summary>
    [Description("How Keystone is reached, with auth: keystone. The password is in the secret `keystone`.")]
    public KeystoneSection? Keystone { get; init; }

    /// <summary>Databases elsewhere.</summary>
    [Description("Databases of a controller with auth: keystone, each the name of a secret that holds the whole connection URL; SQLite on the host where left out.")]
    public NovaDatabasesSection? Databases { get; init; }

    /// <summary>Further options.</summary>
    [Description("Further options, laid over those of the role: file (nova.conf, nova-compute.conf, placement.conf, glance-api.conf), section, name; a list is an option given several times, ~ takes one out.")]
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, OsloValue>>>? Options { get; init; }
}

/// <summary>How Keystone is reached.</summary>
[Description("How Keystone is reached.")]
public sealed record KeystoneSection
{
    /// <summary>Its URL.</summary>
    [Description("Keystone's URL, e.g. https://keystone.example:5000.")]
    [SchemaPattern("^https?://.+")]
    public string? Url { get; init; }

    /// <summary>The region.</summary>
    [Description("Region whose endpoints are used; left to the catalog when left out.")]
    public string? Region { get; init; }

    /// <summary>Project of the services.</summary>
    [Description("Project of the services' account (default service).")]
    public string? Project { get; init; }

    /// <summary>Account of the services.</summary>
    [Description("Account of the services (default nova).")]
    public string? Username { get; init; }
}

/// <summary>Databases elsewhere.</summary>
[Description("Databases, each the name of a secret that holds the connection URL.")]
public sealed record NovaDatabasesSection
{
    /// <summary>Nova's API database.</summary>
    [Description("Secret with the URL of Nova's API database.")]
    [JsonPropertyName("api_database")]
    public string? ApiDatabase { get; init; }

    /// <summary>Nova's database: that of its cell.</summary>
    [Description("Secret with the URL of Nova's database, that of its cell.")]
    public string? Database { get; init; }

    /// <summary>Placement's database.</summary>
    [Description("Secret with the URL of placement's database.")]
    [JsonPropertyName("placement_database")]
    public string? PlacementDatabase { get; init; }

    /// <summary>Glance's database.</summary>
    [Description("Secret with the URL of Glance's database.")]
    [JsonPropertyName("glance_database")]
    public string? GlanceDatabase { get; init; }
}
