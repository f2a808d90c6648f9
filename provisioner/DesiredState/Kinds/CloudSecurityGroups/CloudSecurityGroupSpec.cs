using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudSecurityGroups;

/// <summary>A security group of a cloud, in the project of the account.</summary>
public sealed record CloudSecurityGroupSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-security-group";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>What is allowed, each as <see cref="CloudRule.Text"/>.</summary>
    public IReadOnlyList<string>? Rules { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }
}
