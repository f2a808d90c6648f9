using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudQuotas;

/// <summary>The quotas of one project of the cloud; -1 means no limit.</summary>
[Description("The quotas of one project of the cloud; -1 means no limit.")]
public sealed record CloudQuotaSection
{
    /// <summary>Instances.</summary>
    [Description("Servers (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? Instances { get; init; }

    /// <summary>Cores.</summary>
    [Description("Virtual processors (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? Cores { get; init; }

    /// <summary>Ram.</summary>
    [Description("Memory in MiB (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? Ram { get; init; }

    /// <summary>KeyPairs.</summary>
    [Description("Public keys of an account (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? KeyPairs { get; init; }

    /// <summary>ServerGroups.</summary>
    [Description("Server groups (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? ServerGroups { get; init; }

    /// <summary>Networks.</summary>
    [Description("Networks (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? Networks { get; init; }

    /// <summary>Subnets.</summary>
    [Description("Subnets (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? Subnets { get; init; }

    /// <summary>Ports.</summary>
    [Description("Ports (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? Ports { get; init; }

    /// <summary>Routers.</summary>
    [Description("Routers (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? Routers { get; init; }

    /// <summary>FloatingIps.</summary>
    [Description("Floating IPs (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? FloatingIps { get; init; }

    /// <summary>SecurityGroups.</summary>
    [Description("Security groups (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? SecurityGroups { get; init; }

    /// <summary>SecurityGroupRules.</summary>
    [Description("Rules of security groups (default: that of the cloud).")]
    [SchemaRange(-1, int.MaxValue)]
    public int? SecurityGroupRules { get; init; }
}

/// <summary>The section <c>cloudQuotas</c> of a host.</summary>
public static class HostCloudQuotas
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudQuotas";

    extension(HostSection host)
    {
        /// <summary>Name → quotas.</summary>
        public IReadOnlyDictionary<string, CloudQuotaSection>? CloudQuotas
        {
            get => host.Section<CloudQuotaSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
