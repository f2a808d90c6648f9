using System.Net;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Kinds.CloudNetworks;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudSubnets;

/// <summary>A subnet of a network of a cloud.</summary>
public sealed class CloudSubnetsDescriptor : CloudDescriptor<CloudSubnetSpec, CloudSubnetSection>
{
    /// <inheritdoc/>
    public override string Word => CloudSubnetSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudSubnets.Key;

    /// <inheritdoc/>
    public override string Help => "Subnets of networks of the cloud, by name. One that has addresses in use is not deleted.";

    internal override IJsonTypeInfoResolver Json => CloudSubnetsJson.Default;

    internal override string Service => CloudServiceTypes.Network;

    internal override void Check(string name, CloudSubnetSection section, HostCheck host)
    {
        if (section.Network is null)
            host.Report.Missing("a subnet needs `network`", Section, name);
        foreach (var server in section.Dns ?? [])
            if (!IPAddress.TryParse(server, out _))
                host.Report.Value($"\"{server}\" is not an address of a name server", Section, name, "dns");
        Line(host, name, "description", section.Description);
        if (section.Cidr is null)
            host.Report.Missing("a subnet needs `cidr`, e.g. 192.168.100.0/24", Section, name);
        else if (!IPNetwork.TryParse(section.Cidr, out var net) || net.ToString() != section.Cidr)
            host.Report.Value($"\"{section.Cidr}\" is not a range of addresses such as 192.168.100.0/24", Section, name, "cidr");
        else
            Inside(name, section, net, host);
    }

    private void Inside(string name, CloudSubnetSection section, IPNetwork net, HostCheck host)
    {
        if (section.Gateway is { } gateway and not CloudSubnetSpec.None && !IsIn(net, gateway))
            host.Report.Value($"\"{gateway}\" is not an address of {net}; write one, or none", Section, name, "gateway");
        foreach (var pool in section.Pools ?? [])
            if (pool.Split('-') is not [var first, var last] || !IsIn(net, first) || !IsIn(net, last) || Compare(first, last) > 0)
                host.Report.Value($"\"{pool}\" is not a range FIRST-LAST of {net}, such as {net.BaseAddress}-…", Section, name, "pools");
    }

    private static bool IsIn(IPNetwork net, string address) =>
        IPAddress.TryParse(address, out var ip) && ip.ToString() == address && net.Contains(ip);

    private static int Compare(string first, string last) =>
        IPAddress.Parse(first).GetAddressBytes().AsSpan().SequenceCompareTo(IPAddress.Parse(last).GetAddressBytes());

    internal override CloudSubnetSpec Make(string name, CloudSubnetSection section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudSubnetSpec.IdOf(name),
            Name = name,
            Api = api,
            Network = section.Network,
            Cidr = section.Cidr,
            Gateway = section.Gateway,
            Pools = section.Pools,
            Dns = section.Dns ?? [],
            Dhcp = section.Dhcp ?? true,
            Description = section.Description,
        };

    internal override IEnumerable<string> NeededBy(CloudSubnetSpec spec) => [CloudNetworkSpec.IdOf(spec.Network ?? "")];

    internal override CloudSubnetSpec Sort(CloudSubnetSpec spec) => spec with { Pools = Set(spec.Pools), Dns = Set(spec.Dns) };

    internal override bool IsWholeSpec(CloudSubnetSpec spec) => IsWhole(spec.Pools) && IsWhole(spec.Dns);
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudSubnetSection>))]
[JsonSerializable(typeof(CloudSubnetSpec))]
internal sealed partial class CloudSubnetsJson : JsonSerializerContext;
