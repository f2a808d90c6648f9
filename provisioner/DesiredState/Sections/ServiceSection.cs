using System.ComponentModel;

namespace Cloudlet.DesiredState.Sections;

/// <summary>The cloudlet service of a host.</summary>
[Description(
    "The cloudlet service: an API for bases, VMs and overlays, on a unix socket and where `listen` says; `service: {}` installs it with "
        + "its defaults."
)]
public sealed record ServiceSection
{
    /// <summary>Addresses to listen on.</summary>
    [Description(
        "Addresses to listen on, https://ADDRESS:PORT; http:// only on loopback, behind a proxy of the host (default: only the socket)."
    )]
    [SchemaPattern("^https?://.+:[0-9]{1,5}/?$")]
    public IReadOnlyList<string>? Listen { get; init; }

    /// <summary>Names of the host in its certificate.</summary>
    [Description("Names and addresses by which clients reach the host, for its own certificate; its host name and addresses are added.")]
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>A given certificate.</summary>
    [Description(
        "A certificate with its chain (PEM): absolute path on the host, or name of a secret of the host (default: one of its own)."
    )]
    public string? Certificate { get; init; }

    /// <summary>Its private key.</summary>
    [Description("Private key of the certificate (PEM): absolute path on the host, or name of a secret of the host.")]
    public string? Key { get; init; }

    /// <summary>Networks to fetch from.</summary>
    [Description(
        "Networks (CIDR) from which the service fetches overlays and bases for its clients (default: all but loopback and link-local ones)."
    )]
    public IReadOnlyList<string>? FetchFrom { get; init; }

    /// <summary>Limits of each project.</summary>
    [Description("What each project may use.")]
    public ServiceQuotaSection? Quota { get; init; }

    /// <summary>Limits of single projects.</summary>
    [Description("What single projects may use instead, by project; a limit that is left out is that of `quota`.")]
    [SchemaNames(ServiceQuotaSection.ProjectPattern)]
    public IReadOnlyDictionary<string, ServiceQuotaSection>? Quotas { get; init; }

    /// <summary>The Keystone whose tokens are accepted.</summary>
    [Description("A Keystone whose tokens are accepted, too (default: none); its projects are projects of the service.")]
    public ServiceKeystoneSection? Keystone { get; init; }

    /// <summary>Rate limit.</summary>
    [Description("Requests a minute of an account, or of an address without one (default 1200; 0: unlimited).")]
    [SchemaRange(0, 1_000_000)]
    public int? RequestsPerMinute { get; init; }

    /// <summary>Folder of bases, VMs and overlays.</summary>
    [Description("Folder of bases, VMs and overlays (default /var/lib/cloudlet-service/runtime).")]
    [SchemaPattern("^/.+")]
    public string? Store { get; init; }
}

/// <summary>A Keystone whose tokens the cloudlet service accepts.</summary>
[Description("A Keystone whose tokens the cloudlet service accepts.")]
public sealed record ServiceKeystoneSection
{
    /// <summary>URL of its API.</summary>
    [Description("URL of its Identity API, such as https://controller:5000/v3.")]
    [SchemaPattern("^https?://.+")]
    public string? Url { get; init; }

    /// <summary>Certificates that may have issued its own.</summary>
    [Description("Absolute path, on the host, of certificates (PEM) that may have issued its own (default: those of the system).")]
    [SchemaPattern("^/.+")]
    public string? CaFile { get; init; }

    /// <summary>Roles of administrators.</summary>
    [Description("Roles of Keystone whose accounts are administrators of the service (default admin).")]
    public IReadOnlyList<string>? Admin { get; init; }

    /// <summary>Roles of members.</summary>
    [Description("Roles whose accounts change their project (default member).")]
    public IReadOnlyList<string>? Member { get; init; }

    /// <summary>Roles of readers.</summary>
    [Description("Roles whose accounts look at their project (default reader).")]
    public IReadOnlyList<string>? Reader { get; init; }
}

/// <summary>Limits of a project of the cloudlet service.</summary>
[Description("Limits of a project of the cloudlet service.")]
public sealed record ServiceQuotaSection
{
    /// <summary>ECMA-262 regular expression for the name of a project.</summary>
    public const string ProjectPattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";

    /// <summary>VMs.</summary>
    [Description("How many VMs (default 10).")]
    [SchemaRange(0, 1_000_000)]
    public int? Vms { get; init; }

    /// <summary>Memory of its VMs.</summary>
    [Description("Memory of its VMs together, in MiB (default 16384).")]
    [SchemaRange(0, int.MaxValue)]
    public int? MemoryMib { get; init; }

    /// <summary>Disk space.</summary>
    [Description("Disk space of its bases, VMs, overlays and uploads together, in MiB (default 102400).")]
    [SchemaRange(0, int.MaxValue)]
    public int? StorageMib { get; init; }

    /// <summary>Uploads at once.</summary>
    [Description("How many uploads at once (default 4).")]
    [SchemaRange(0, 10_000)]
    public int? Uploads { get; init; }
}
