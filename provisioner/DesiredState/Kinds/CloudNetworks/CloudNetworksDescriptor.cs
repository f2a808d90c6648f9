using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudNetworks;

/// <summary>A network of a cloud, in the project of the account.</summary>
public sealed class CloudNetworksDescriptor : CloudDescriptor<CloudNetworkSpec, CloudNetworkSection>
{
    /// <inheritdoc/>
    public override string Word => CloudNetworkSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudNetworks.Key;

    /// <inheritdoc/>
    public override string Help => "Networks of the cloud, by name. One that has ports is not deleted.";

    internal override IJsonTypeInfoResolver Json => CloudNetworksJson.Default;

    internal override string Service => CloudServiceTypes.Network;

    /// <summary>Largest id of a tunnel (24 bits).</summary>
    internal const int LargestSegment = (1 << 24) - 1;

    private const int LargestVlan = 4094;
    private static readonly string[] Types = ["flat", "geneve", "gre", "local", "vlan", "vxlan"];

    internal override void Check(string name, CloudNetworkSection section, HostCheck host)
    {
        OneOf(host, name, "type", section.Type, Types);
        var isPhysical = section.Type is "flat" or "vlan";
        if (isPhysical && section.PhysicalNetwork is null)
            host.Report.Missing($"a {section.Type} network needs `physicalNetwork`, as Neutron's configuration names it", Section, name);
        if (!isPhysical && section.PhysicalNetwork is not null)
            host.Report.Key("`physicalNetwork` is only valid with `type: flat` and `type: vlan`", Section, name, "physicalNetwork");
        if (section.Type is null or "flat" or "local" && section.Segment is not null)
            host.Report.Key("`segment` is only valid with a `type` that has one: vlan, geneve, vxlan or gre", Section, name, "segment");
        Range(host, name, "segment", section.Segment, 1, section.Type == "vlan" ? LargestVlan : LargestSegment);
        Range(host, name, "mtu", section.Mtu, 68, 65535);
        Line(host, name, "physicalNetwork", section.PhysicalNetwork);
        Line(host, name, "description", section.Description);
    }

    internal override CloudNetworkSpec Make(string name, CloudNetworkSection section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudNetworkSpec.IdOf(name),
            Name = name,
            Api = api,
            Type = section.Type,
            PhysicalNetwork = section.PhysicalNetwork,
            Segment = section.Segment,
            Shared = section.Shared ?? false,
            External = section.External ?? false,
            Mtu = section.Mtu,
            PortSecurity = section.PortSecurity,
            Enabled = section.Enabled ?? true,
            Description = section.Description,
        };
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudNetworkSection>))]
[JsonSerializable(typeof(CloudNetworkSpec))]
internal sealed partial class CloudNetworksJson : JsonSerializerContext;
