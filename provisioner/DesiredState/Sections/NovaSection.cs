using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Sections;

/// <summary>The role of a host for Nova.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NovaRole>))]
public enum NovaRole
{
    /// <summary>Controller and compute host in one.</summary>
    [JsonStringEnumMemberName("single-node")]
    SingleNode,

    /// <summary>Everything but the compute service.</summary>
    [JsonStringEnumMemberName("controller")]
    Controller,

    /// <summary>The compute service alone.</summary>
    [JsonStringEnumMemberName("compute")]
    Compute,
}

/// <summary>How Nova authenticates its callers.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NovaAuth>))]
public enum NovaAuth
{
    /// <summary>Not at all: every caller is an administrator.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>Keystone.</summary>
    [JsonStringEnumMemberName("keystone")]
    Keystone,
}

/// <summary>What guests run on.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NovaVirtualization>))]
public enum NovaVirtualization
{
    /// <summary>Nova's fake driver, for tests: no guests.</summary>
    [JsonStringEnumMemberName("fake")]
    Fake,

    /// <summary>Emulation.</summary>
    [JsonStringEnumMemberName("qemu")]
    Qemu,

    /// <summary>The kernel's virtualization.</summary>
    [JsonStringEnumMemberName("kvm")]
    Kvm,
}

/// <summary>
/// The role of a host in a cloudlet of Nova; it represents packages, links, files and units, over which the host's own keys are layered
/// (docs/guides/nova.md).
/// </summary>
[Description(
    "The role of a host in a cloudlet of Nova. It represents packages, links, files and units; the host's own description of "
        + "these is layered over them."
)]
public sealed record NovaSection
{
    /// <summary>The role.</summary>
    [Description("single-node: everything on one host; controller: everything but nova-compute; compute: nova-compute alone.")]
    public NovaRole? Role { get; init; }

    /// <summary>How callers are authenticated.</summary>
    [Description(
        "none: everyone who reaches the services is an administrator (the default of a single node, whose services are on "
            + "loopback then; must be explicit elsewhere); keystone: Keystone authenticates callers."
    )]
    public NovaAuth? Auth { get; init; }

    /// <summary>The link that other hosts reach it by.</summary>
    [Description(
        "Link that other hosts reach this one by: its first address is my_ip of a controller or compute host. On a single node "
            + "it only has to exist."
    )]
    public string? PublicInterface { get; init; }

    /// <summary>The link of the guests' network.</summary>
    [Description(
        "Link of the guests' flat network, and of my_ip on a single node: one declared under links, a second card with kind: "
            + "existing, or a dummy that the role declares when address is given."
    )]
    public string? FlatInterface { get; init; }

    /// <summary>Address of the flat interface.</summary>
    [Description(
        "Address with prefix length that the role gives to the flat interface, e.g. 10.80.0.1/24; then the flat interface is a "
            + "dummy, unless the host's links describe it."
    )]
    [SchemaPattern("^[0-9A-Fa-f.:]+/[0-9]{1,3}$")]
    public string? Address { get; init; }

    /// <summary>What guests run on.</summary>
    [Description("What guests run on: kvm (the default), qemu (emulation), or fake (no guests at all; servers become ACTIVE at once).")]
    public NovaVirtualization? Virtualization { get; init; }

    /// <summary>Seconds between reports.</summary>
    [Description("Seconds between two reports of a service that it is alive (default 10, as in Nova).")]
    [SchemaRange(1, 3600)]
    public int? ReportInterval { get; init; }

    /// <summary>Seconds until a service counts as down.</summary>
    [Description("Seconds without a report after which a service counts as down (default 60, as in Nova); more than reportInterval.")]
    [SchemaRange(2, 86400)]
    public int? ServiceDownTime { get; init; }

    /// <summary>The controller of a compute host.</summary>
    [Description("Address or name of the controller; only for a compute host.")]
    public string? Controller { get; init; }

    /// <summary>How Keystone is reached.</summary>
    [Description("How Keystone is reached, with auth: keystone. The password is in the secret `keystone`.")]
    public KeystoneSection? Keystone { get; init; }

    /// <summary>Databases elsewhere.</summary>
    [Description(
        "Databases of a controller with auth: keystone, each the name of a secret that holds the whole connection URL; "
            + "otherwise SQLite on the host."
    )]
    public NovaDatabasesSection? Databases { get; init; }

    /// <summary>Further options.</summary>
    [Description(
        "Further options, layered over those of the role: file (nova.conf, nova-compute.conf, placement.conf, "
            + "glance-api.conf), section, name; a list is an option given several times, ~ removes one."
    )]
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
    [Description("Region whose endpoints are used (default: the catalog's choice).")]
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
