using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudServices;

/// <summary>A service in the catalog of the cloud, with its endpoints in one region.</summary>
public sealed record CloudServiceSpec : CloudSpec, ICatalogEntry
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-service";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Its type.</summary>
    public string? Type { get; init; }

    /// <summary>Region of its endpoints.</summary>
    public required string Region { get; init; }

    /// <summary>URL of its public endpoint.</summary>
    public string? Public { get; init; }

    /// <summary>URL of its internal endpoint.</summary>
    public string? Internal { get; init; }

    /// <summary>URL of its endpoint for administrators.</summary>
    public string? Admin { get; init; }

    /// <summary>What it is.</summary>
    public string? Description { get; init; }
}
