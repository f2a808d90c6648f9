using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudNetworks;

/// <summary>A network of a cloud, in the project of the account.</summary>
public sealed record CloudNetworkSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-network";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Its type.</summary>
    public string? Type { get; init; }

    /// <summary>Name of its physical network.</summary>
    public string? PhysicalNetwork { get; init; }

    /// <summary>Its vlan id, or its tunnel id.</summary>
    public int? Segment { get; init; }

    /// <summary>Whether all projects may use it.</summary>
    public bool? Shared { get; init; }

    /// <summary>Whether routers may have it as their way out.</summary>
    public bool? External { get; init; }

    /// <summary>Its MTU in bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>Whether new ports are filtered.</summary>
    public bool? PortSecurity { get; init; }

    /// <summary>Whether it carries traffic.</summary>
    public bool? Enabled { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }
}
