using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Kinds.CloudProjects;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudQuotas;

/// <summary>The quotas of a project of a cloud; its name is that of the project.</summary>
public sealed class CloudQuotasDescriptor : CloudDescriptor<CloudQuotaSpec, CloudQuotaSection>
{
    /// <inheritdoc/>
    public override string Word => CloudQuotaSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudQuotas.Key;

    /// <inheritdoc/>
    public override string Help => "Quotas of projects of the cloud, by project; -1 means no limit.";

    internal override IJsonTypeInfoResolver Json => CloudQuotasJson.Default;

    internal override string Service => CloudServiceTypes.Compute;

    internal override void Check(string name, CloudQuotaSection section, HostCheck host)
    {
        Range(host, name, "instances", section.Instances, -1, int.MaxValue);
        Range(host, name, "cores", section.Cores, -1, int.MaxValue);
        Range(host, name, "ram", section.Ram, -1, int.MaxValue);
        Range(host, name, "keyPairs", section.KeyPairs, -1, int.MaxValue);
        Range(host, name, "serverGroups", section.ServerGroups, -1, int.MaxValue);
        Range(host, name, "networks", section.Networks, -1, int.MaxValue);
        Range(host, name, "subnets", section.Subnets, -1, int.MaxValue);
        Range(host, name, "ports", section.Ports, -1, int.MaxValue);
        Range(host, name, "routers", section.Routers, -1, int.MaxValue);
        Range(host, name, "floatingIps", section.FloatingIps, -1, int.MaxValue);
        Range(host, name, "securityGroups", section.SecurityGroups, -1, int.MaxValue);
        Range(host, name, "securityGroupRules", section.SecurityGroupRules, -1, int.MaxValue);
    }

    internal override CloudQuotaSpec Make(string name, CloudQuotaSection section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudQuotaSpec.IdOf(name),
            Name = name,
            Api = api,
            Instances = section.Instances,
            Cores = section.Cores,
            Ram = section.Ram,
            KeyPairs = section.KeyPairs,
            ServerGroups = section.ServerGroups,
            Networks = section.Networks,
            Subnets = section.Subnets,
            Ports = section.Ports,
            Routers = section.Routers,
            FloatingIps = section.FloatingIps,
            SecurityGroups = section.SecurityGroups,
            SecurityGroupRules = section.SecurityGroupRules,
        };

    internal override IEnumerable<string> NeededBy(CloudQuotaSpec spec) =>
        [CloudProjectSpec.IdOf(spec.Name), .. CloudServiceTypes.NeededFor(CloudServiceTypes.Network)];
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudQuotaSection>))]
[JsonSerializable(typeof(CloudQuotaSpec))]
internal sealed partial class CloudQuotasJson : JsonSerializerContext;
