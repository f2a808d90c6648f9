namespace Cloudlet.DesiredState.Kinds.Cloud;

/// <summary>A spec that puts a service into the catalog: its objects come after it.</summary>
internal interface ICatalogEntry
{
    /// <summary>Id of the spec.</summary>
    string Id { get; }

    /// <summary>Type of the service.</summary>
    string? Type { get; }
}
