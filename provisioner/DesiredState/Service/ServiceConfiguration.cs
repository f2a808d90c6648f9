using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Service;

/// <summary>
/// The configuration of a host's cloudlet service: compiled from the site's <c>service</c> section, and read by the service from
/// <see cref="Path"/>.
/// </summary>
public sealed record ServiceConfiguration
{
    /// <summary>Path of the configuration.</summary>
    public const string Path = "/etc/cloudlet/service.json";

    /// <summary>Folder of everything that the service keeps.</summary>
    public const string State = "/var/lib/cloudlet-service";

    /// <summary>Folder of bases, VMs and overlays.</summary>
    public string? Store { get; init; }

    /// <summary>Addresses to listen on besides the socket.</summary>
    public required IReadOnlyList<string> Listen { get; init; }

    /// <summary>Names of the host in its own certificate.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Path of a given certificate.</summary>
    public string? Certificate { get; init; }

    /// <summary>Path of its private key.</summary>
    public string? Key { get; init; }

    /// <summary>Networks that may be fetched from; empty: the service's default.</summary>
    public required IReadOnlyList<string> FetchFrom { get; init; }

    /// <summary>Limits of each project.</summary>
    public required ServiceQuota Quota { get; init; }

    /// <summary>Limits of single projects, by name.</summary>
    public required IReadOnlyDictionary<string, ServiceQuota> Quotas { get; init; }

    /// <summary>The Keystone whose tokens are accepted; null: none.</summary>
    public ServiceKeystone? Keystone { get; init; }

    /// <summary>Requests a minute; 0: unlimited.</summary>
    public required int RequestsPerMinute { get; init; }

    /// <summary>The configuration as indented JSON with a line break at the end.</summary>
    public string ToText() => JsonSerializer.Serialize(this, ServiceConfigurationJson.Default.ServiceConfiguration) + "\n";
}

/// <summary>A Keystone whose tokens are accepted.</summary>
/// <param name="Url">URL of its Identity API.</param>
/// <param name="CaFile">Certificates that may have issued its own; null: those of the system.</param>
/// <param name="Admin">Roles of administrators.</param>
/// <param name="Member">Roles of members.</param>
/// <param name="Reader">Roles of readers.</param>
public sealed record ServiceKeystone(
    string Url,
    string? CaFile,
    IReadOnlyList<string> Admin,
    IReadOnlyList<string> Member,
    IReadOnlyList<string> Reader
);

/// <summary>Limits of a project.</summary>
/// <param name="Vms">VMs.</param>
/// <param name="MemoryMib">Memory of its VMs together.</param>
/// <param name="StorageMib">Disk space.</param>
/// <param name="Uploads">Uploads at once.</param>
public sealed record ServiceQuota(int Vms, int MemoryMib, int StorageMib, int Uploads)
{
    /// <summary>The limits of a project without any in the description.</summary>
    public static ServiceQuota Standard { get; } = new(Vms: 10, MemoryMib: 16384, StorageMib: 102400, Uploads: 4);
}

/// <summary>How the configuration is written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n"
)]
[JsonSerializable(typeof(ServiceConfiguration))]
internal sealed partial class ServiceConfigurationJson : JsonSerializerContext;
