using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Kinds.CloudNetworks;
using Cloudlet.DesiredState.Kinds.CloudSubnets;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudRouters;

/// <summary>A router of a cloud, in the project of the account.</summary>
public sealed class CloudRoutersDescriptor : CloudDescriptor<CloudRouterSpec, CloudRouterSection>
{
    /// <inheritdoc/>
    public override string Word => CloudRouterSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudRouters.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Routers of the cloud, by name: the way out, and the subnets that they connect; they have no other subnets.";

    internal override IJsonTypeInfoResolver Json => CloudRoutersJson.Default;

    internal override string Service => CloudServiceTypes.Network;

    internal override void Check(string name, CloudRouterSection section, HostCheck host)
    {
        Line(host, name, "external", section.External);
        Line(host, name, "description", section.Description);
    }

    internal override CloudRouterSpec Make(string name, CloudRouterSection section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudRouterSpec.IdOf(name),
            Name = name,
            Api = api,
            External = section.External,
            Subnets = section.Subnets ?? [],
            Enabled = section.Enabled ?? true,
            Description = section.Description,
        };

    internal override IEnumerable<string> NeededBy(CloudRouterSpec spec) =>
        [CloudNetworkSpec.IdOf(spec.External ?? ""), .. (spec.Subnets ?? []).Select(CloudSubnetSpec.IdOf)];

    /// <summary>A way out must have a subnet before a router can get an address in it.</summary>
    internal override IEnumerable<string> NeededBy(CloudRouterSpec spec, IReadOnlyDictionary<string, ResourceSpec> all) =>
        all.Values.OfType<CloudSubnetSpec>().Where(s => s.Network == spec.External).Select(static s => s.Id);

    internal override CloudRouterSpec Sort(CloudRouterSpec spec) => spec with { Subnets = Set(spec.Subnets) };

    internal override bool IsWholeSpec(CloudRouterSpec spec) => IsWhole(spec.Subnets);
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudRouterSection>))]
[JsonSerializable(typeof(CloudRouterSpec))]
internal sealed partial class CloudRoutersJson : JsonSerializerContext;
