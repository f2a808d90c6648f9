using System.Net;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudSecurityGroups;

/// <summary>A security group of a cloud, in the project of the account.</summary>
public sealed class CloudSecurityGroupsDescriptor : CloudDescriptor<CloudSecurityGroupSpec, CloudSecurityGroupSection>
{
    /// <inheritdoc/>
    public override string Word => CloudSecurityGroupSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudSecurityGroups.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Security groups of the account's project, by name; every project has one named default: what may reach servers.";

    internal override IJsonTypeInfoResolver Json => CloudSecurityGroupsJson.Default;

    internal override string Service => CloudServiceTypes.Network;

    private static readonly string[] Directions = [CloudRule.Ingress, CloudRule.Egress];
    private static readonly string[] Protocols = ["ah", "esp", "gre", "icmp", "ipv6-icmp", "sctp", "tcp", "udp", "vrrp"];

    internal override void Check(string name, CloudSecurityGroupSection section, HostCheck host)
    {
        Line(host, name, "description", section.Description);
        var rules = section.Rules ?? [];
        for (var i = 0; i < rules.Count; i++)
        {
            var rule = rules[i];
            void Wrong(string message, string key) => host.Report.Value(message, Section, name, "rules", $"{i}", key);
            if (rule.Direction is { } direction && !Directions.Contains(direction))
                Wrong("a direction is ingress (to servers) or egress", "direction");
            if (rule.Protocol is { } protocol && !Protocols.Contains(protocol))
                Wrong($"\"{protocol}\" is not a protocol that is known here: {string.Join(", ", Protocols)}", "protocol");
            if (rule.Ports is { } ports && (rule.Protocol is not ("tcp" or "udp" or "sctp") || CloudRule.PortsOf(ports) is null))
                Wrong("ports are one like 22 or a range like 8000-8080, with `protocol` tcp, udp or sctp", "ports");
            if (rule.Remote is { } remote && (!IPNetwork.TryParse(remote, out var net) || net.ToString() != remote))
                Wrong($"\"{remote}\" is not a range of addresses such as 192.0.2.0/24", "remote");
            if (rule is { Remote: not null, Group: not null })
                Wrong("a rule has `remote` or `group`, not both", "group");
        }
    }

    internal override CloudSecurityGroupSpec Make(string name, CloudSecurityGroupSection section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudSecurityGroupSpec.IdOf(name),
            Name = name,
            Api = api,
            Rules = [.. (section.Rules ?? []).Select(static r => r.ToRule().Text)],
            Description = section.Description,
        };

    internal override IEnumerable<string> NeededBy(CloudSecurityGroupSpec spec) =>
        (spec.Rules ?? []).Select(static r => CloudRule.Parse(r)?.Group).OfType<string>().Distinct().Select(CloudSecurityGroupSpec.IdOf);

    internal override CloudSecurityGroupSpec Sort(CloudSecurityGroupSpec spec) => spec with { Rules = Set(spec.Rules) };

    internal override bool IsWholeSpec(CloudSecurityGroupSpec spec) => IsWhole(spec.Rules);
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudSecurityGroupSection>))]
[JsonSerializable(typeof(CloudSecurityGroupSpec))]
internal sealed partial class CloudSecurityGroupsJson : JsonSerializerContext;
