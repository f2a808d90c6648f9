using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudRoles;

/// <summary>One role of the cloud.</summary>
[Description("One role of the cloud.")]
public sealed record CloudRoleSection
{
    /// <summary>Description.</summary>
    [Description("What it allows.")]
    public string? Description { get; init; }
}

/// <summary>The section <c>cloudRoles</c> of a host.</summary>
public static class HostCloudRoles
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudRoles";

    extension(HostSection host)
    {
        /// <summary>Name → role.</summary>
        public IReadOnlyDictionary<string, CloudRoleSection?>? CloudRoles
        {
            get => host.Section<CloudRoleSection?>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
