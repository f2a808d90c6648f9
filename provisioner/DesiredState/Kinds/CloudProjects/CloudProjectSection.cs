using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudProjects;

/// <summary>One project of the cloud.</summary>
[Description("One project of the cloud.")]
public sealed record CloudProjectSection
{
    /// <summary>Description.</summary>
    [Description("What it is for.")]
    public string? Description { get; init; }

    /// <summary>Enabled.</summary>
    [Description("Whether its users can work in it (default: true).")]
    public bool? Enabled { get; init; }
}

/// <summary>The section <c>cloudProjects</c> of a host.</summary>
public static class HostCloudProjects
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudProjects";

    extension(HostSection host)
    {
        /// <summary>Name → project.</summary>
        public IReadOnlyDictionary<string, CloudProjectSection?>? CloudProjects
        {
            get => host.Section<CloudProjectSection?>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
