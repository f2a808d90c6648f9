using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.CloudSecurityGroups;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudSecurityGroups;

/// <summary>
/// Security groups of a cloud. Neutron gives a new group rules of its own, for everything from servers, and in the group default for
/// everything between its servers: these count only when the description has such rules too.
/// </summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudSecurityGroupsKind(CloudClients clients) : CloudKind<CloudSecurityGroupSpec>(clients)
{
    /// <summary>Neutron makes it in every project.</summary>
    private const string Default = "default";
    private const string Rules = "/security-group-rules";

    internal override CloudCollection Collection => CloudCollection.SecurityGroups;

    internal override IReadOnlyList<CloudProperty> Properties { get; } = [new("description", "description")];

    /// <inheritdoc/>
    public override bool CanRemove(CloudSecurityGroupSpec spec) => spec.Name != Default;

    /// <inheritdoc/>
    public override string KeptBecause(CloudSecurityGroupSpec spec) => "every project has this group; Neutron does not delete it";

    internal override async ValueTask<CloudSecurityGroupSpec> ReadMoreAsync(
        CloudView cloud,
        JsonElement row,
        CloudSecurityGroupSpec read,
        CloudSecurityGroupSpec desired
    ) => read with { Rules = [.. (await RulesAsync(cloud, row, desired)).Select(static r => r.Text).Distinct(StringComparer.Ordinal)] };

    internal override async ValueTask ApplyMoreAsync(
        CloudView cloud,
        JsonElement row,
        CloudSecurityGroupSpec desired,
        CloudSecurityGroupSpec? observed
    )
    {
        if (desired.Rules is not { } wanted)
            return;
        var present = await RulesAsync(cloud, row, desired);
        foreach (var text in wanted.Except(present.Select(static p => p.Text), StringComparer.Ordinal))
            if (CloudRule.Parse(text) is { } rule)
                await cloud.SendAsync(
                    new CloudRequest(HttpMethod.Post, Collection.Service, Rules)
                    {
                        Body = new JsonObject { ["security_group_rule"] = await BodyAsync(cloud, row, rule) },
                    }
                );
        foreach (var (_, id) in present.Where(p => !wanted.Contains(p.Text)))
            await DeleteAsync(cloud, $"{Rules}/{Uri.EscapeDataString(id)}");
    }

    internal override async ValueTask<IReadOnlyList<string>> UsesOfAsync(CloudView cloud, JsonElement row, CloudSecurityGroupSpec spec) =>
        await PortUses.ListAsync(cloud, $"security_groups={Uri.EscapeDataString(CloudView.IdOf(row))}");

    /// <summary>The rules of a group that a description is compared with, and their ids.</summary>
    private static async Task<List<(string Text, string Id)>> RulesAsync(CloudView cloud, JsonElement group, CloudSecurityGroupSpec desired)
    {
        var described = (desired.Rules ?? []).Select(CloudRule.Parse).OfType<CloudRule>().ToList();
        var hasEgress = described.Exists(static r => r.Direction == CloudRule.Egress);
        var hasOwn = described.Exists(r => r.Group == desired.Name);
        var rules = new List<(string, string)>();
        foreach (var row in group.Items("security_group_rules"))
            if (
                await RuleOfAsync(cloud, row) is { } rule
                && (hasEgress || rule.Direction != CloudRule.Egress)
                && (hasOwn || rule.Group != desired.Name)
            )
                rules.Add((rule.Text, CloudView.IdOf(row)));
        return rules;
    }

    private static async Task<CloudRule?> RuleOfAsync(CloudView cloud, JsonElement row)
    {
        if (row.Text("direction") is not { } direction || row.Text("ethertype") is not { } type)
            return null;
        return new CloudRule(direction, type)
        {
            Protocol = row.Text("protocol"),
            Ports = PortOf(row, "port_range_min") is { } first && PortOf(row, "port_range_max") is { } last ? (first, last) : null,
            Remote = row.Text("remote_ip_prefix") is var remote and not ("0.0.0.0/0" or "::/0") ? remote : null,
            Group = row.Text("remote_group_id") is { } id ? await cloud.NameOfAsync(CloudCollection.SecurityGroups, id) : null,
        };
    }

    private static int? PortOf(JsonElement row, string name) =>
        int.TryParse(row.Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var port) ? port : null;

    private static async Task<JsonObject> BodyAsync(CloudView cloud, JsonElement group, CloudRule rule)
    {
        var body = new JsonObject
        {
            ["security_group_id"] = CloudView.IdOf(group),
            ["direction"] = rule.Direction,
            ["ethertype"] = rule.EtherType,
        };
        if (rule.Protocol is { } protocol)
            body["protocol"] = protocol;
        if (rule.Ports is var (first, last))
            (body["port_range_min"], body["port_range_max"]) = (first, last);
        if (rule.Remote is { } remote)
            body["remote_ip_prefix"] = remote;
        if (rule.Group is { } name)
            body["remote_group_id"] = await cloud.IdOfAsync(CloudCollection.SecurityGroups, name);
        return body;
    }
}
