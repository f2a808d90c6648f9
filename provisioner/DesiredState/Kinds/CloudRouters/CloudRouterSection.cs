using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudRouters;

/// <summary>One router of the cloud.</summary>
[Description("One router of the cloud.")]
public sealed record CloudRouterSection
{
    /// <summary>External.</summary>
    [Description("Name of the external network that is its way out.")]
    public string? External { get; init; }

    /// <summary>Subnets.</summary>
    [Description("Names of the subnets that it connects.")]
    public IReadOnlyList<string>? Subnets { get; init; }

    /// <summary>Enabled.</summary>
    [Description("Whether it forwards (default: true).")]
    public bool? Enabled { get; init; }

    /// <summary>Description.</summary>
    [Description("What it is for.")]
    public string? Description { get; init; }
}

/// <summary>The section <c>cloudRouters</c> of a host.</summary>
public static class HostCloudRouters
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudRouters";

    extension(HostSection host)
    {
        /// <summary>Name → router.</summary>
        public IReadOnlyDictionary<string, CloudRouterSection>? CloudRouters
        {
            get => host.Section<CloudRouterSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
