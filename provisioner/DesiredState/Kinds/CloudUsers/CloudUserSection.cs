using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudUsers;

/// <summary>One account of the cloud.</summary>
[Description("One account of the cloud.")]
public sealed record CloudUserSection
{
    /// <summary>Secret.</summary>
    [Description("Name of the secret of this host that holds its password.")]
    public string? Secret { get; init; }

    /// <summary>Project.</summary>
    [Description("Its default project.")]
    public string? Project { get; init; }

    /// <summary>Roles.</summary>
    [Description("Its roles, by project, e.g. `service: [admin, service]`; it has no others in projects.")]
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Roles { get; init; }

    /// <summary>Description.</summary>
    [Description("What it is for.")]
    public string? Description { get; init; }

    /// <summary>Enabled.</summary>
    [Description("Whether it can log in (default: true).")]
    public bool? Enabled { get; init; }
}

/// <summary>The section <c>cloudUsers</c> of a host.</summary>
public static class HostCloudUsers
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudUsers";

    extension(HostSection host)
    {
        /// <summary>Name → account.</summary>
        public IReadOnlyDictionary<string, CloudUserSection>? CloudUsers
        {
            get => host.Section<CloudUserSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
