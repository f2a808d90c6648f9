using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudSecurityGroups;

/// <summary>One security group.</summary>
[Description("One security group.")]
public sealed record CloudSecurityGroupSection
{
    /// <summary>Rules.</summary>
    [Description("What is allowed. Rules for egress, and from the group itself, stay as they are unless some are described.")]
    public IReadOnlyList<CloudRuleSection>? Rules { get; init; }

    /// <summary>Description.</summary>
    [Description("What it is for.")]
    public string? Description { get; init; }
}

/// <summary>The section <c>cloudSecurityGroups</c> of a host.</summary>
public static class HostCloudSecurityGroups
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudSecurityGroups";

    extension(HostSection host)
    {
        /// <summary>Name → security group.</summary>
        public IReadOnlyDictionary<string, CloudSecurityGroupSection>? CloudSecurityGroups
        {
            get => host.Section<CloudSecurityGroupSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
