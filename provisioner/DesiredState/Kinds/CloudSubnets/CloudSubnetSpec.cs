using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudSubnets;

/// <summary>A subnet of a network of a cloud.</summary>
public sealed record CloudSubnetSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-subnet";

    /// <summary>The value of <see cref="Gateway"/> when there is none.</summary>
    public const string None = "none";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Name of its network.</summary>
    public string? Network { get; init; }

    /// <summary>Its addresses.</summary>
    public string? Cidr { get; init; }

    /// <summary>Address of its router, or <see cref="None"/>.</summary>
    public string? Gateway { get; init; }

    /// <summary>Ranges that servers get addresses from, each as <c>FIRST-LAST</c>.</summary>
    public IReadOnlyList<string>? Pools { get; init; }

    /// <summary>Name servers.</summary>
    public IReadOnlyList<string>? Dns { get; init; }

    /// <summary>Whether servers get their address by DHCP.</summary>
    public bool? Dhcp { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }
}
