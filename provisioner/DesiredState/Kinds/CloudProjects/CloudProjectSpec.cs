using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudProjects;

/// <summary>A project of the cloud, in the domain Default.</summary>
public sealed record CloudProjectSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-project";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>Whether its users can work in it.</summary>
    public bool? Enabled { get; init; }
}
