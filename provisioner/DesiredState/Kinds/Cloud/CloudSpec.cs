namespace Cloudlet.DesiredState.Kinds.Cloud;

/// <summary>An object of a cloud, which is found by its name.</summary>
public abstract record CloudSpec : ResourceSpec
{
    /// <summary>Its name in the cloud.</summary>
    public required string Name { get; init; }

    /// <summary>Where the cloud answers.</summary>
    public required CloudApi Api { get; init; }
}
