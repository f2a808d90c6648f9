using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudQuotas;

/// <summary>The quotas of a project of a cloud; its name is that of the project.</summary>
public sealed record CloudQuotaSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-quota";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Servers; -1: no limit.</summary>
    public int? Instances { get; init; }

    /// <summary>Virtual processors; -1: no limit.</summary>
    public int? Cores { get; init; }

    /// <summary>Memory in MiB; -1: no limit.</summary>
    public int? Ram { get; init; }

    /// <summary>Public keys of an account; -1: no limit.</summary>
    public int? KeyPairs { get; init; }

    /// <summary>Server groups; -1: no limit.</summary>
    public int? ServerGroups { get; init; }

    /// <summary>Networks; -1: no limit.</summary>
    public int? Networks { get; init; }

    /// <summary>Subnets; -1: no limit.</summary>
    public int? Subnets { get; init; }

    /// <summary>Ports; -1: no limit.</summary>
    public int? Ports { get; init; }

    /// <summary>Routers; -1: no limit.</summary>
    public int? Routers { get; init; }

    /// <summary>Floating IPs; -1: no limit.</summary>
    public int? FloatingIps { get; init; }

    /// <summary>Security groups; -1: no limit.</summary>
    public int? SecurityGroups { get; init; }

    /// <summary>Rules of security groups; -1: no limit.</summary>
    public int? SecurityGroupRules { get; init; }
}
