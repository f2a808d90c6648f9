using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.Agent;

/// <summary>A request to check the cloud of a host by use.</summary>
/// <param name="Seconds">How long the check may take, without the deletion at its end.</param>
public sealed record CheckRequest(double Seconds)
{
    /// <summary>The cloud; null: that of the last applied state.</summary>
    public CloudApi? Cloud { get; init; }

    /// <summary>Name of an image of the cloud to boot; null: the check's own.</summary>
    public string? Image { get; init; }

    /// <summary>Name of a flavor of the cloud; null: one is made.</summary>
    public string? Flavor { get; init; }

    /// <summary>True: after a passed check its guest stays.</summary>
    public bool Keep { get; init; }
}
