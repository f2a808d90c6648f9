using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudServices;

/// <summary>One service in the catalog of the cloud.</summary>
[Description("One service in the catalog of the cloud.")]
public sealed record CloudServiceSection
{
    /// <summary>Type.</summary>
    [Description("Its type, e.g. compute, image, network, placement.")]
    [SchemaPattern("^[a-z][a-z0-9-]*$")]
    public string? Type { get; init; }

    /// <summary>Url.</summary>
    [Description("URL of all its endpoints that have none of their own, e.g. http://10.80.0.1:8774/v2.1.")]
    [SchemaPattern("^https?://.+")]
    public string? Url { get; init; }

    /// <summary>Public.</summary>
    [Description("URL of its public endpoint.")]
    [SchemaPattern("^https?://.+")]
    public string? Public { get; init; }

    /// <summary>Internal.</summary>
    [Description("URL of its internal endpoint.")]
    [SchemaPattern("^https?://.+")]
    public string? Internal { get; init; }

    /// <summary>Admin.</summary>
    [Description("URL of its endpoint for administrators.")]
    [SchemaPattern("^https?://.+")]
    public string? Admin { get; init; }

    /// <summary>Region.</summary>
    [Description("Region of its endpoints (default: that of `cloud`, or RegionOne).")]
    public string? Region { get; init; }

    /// <summary>Description.</summary>
    [Description("What it is.")]
    public string? Description { get; init; }
}

/// <summary>The section <c>cloudServices</c> of a host.</summary>
public static class HostCloudServices
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudServices";

    extension(HostSection host)
    {
        /// <summary>Name → service.</summary>
        public IReadOnlyDictionary<string, CloudServiceSection>? CloudServices
        {
            get => host.Section<CloudServiceSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
