using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudRoles;

/// <summary>A role of the cloud, which accounts have in projects.</summary>
public sealed record CloudRoleSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-role";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>What it allows.</summary>
    public string? Description { get; init; }
}
