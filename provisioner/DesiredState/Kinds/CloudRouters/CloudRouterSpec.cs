using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudRouters;

/// <summary>A router of a cloud, in the project of the account.</summary>
public sealed record CloudRouterSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-router";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Name of the external network that is its way out.</summary>
    public string? External { get; init; }

    /// <summary>Names of the subnets that it connects.</summary>
    public IReadOnlyList<string>? Subnets { get; init; }

    /// <summary>Whether it forwards.</summary>
    public bool? Enabled { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }
}
